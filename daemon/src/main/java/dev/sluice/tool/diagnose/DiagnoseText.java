package dev.sluice.tool.diagnose;

import dev.sluice.tool.Quantiles;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Unit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The report for a terminal. */
final class DiagnoseText {
  private static final int CHART_WIDTH = 46;
  private static final double CHART_DECADES = 3;

  private final StringBuilder text = new StringBuilder();
  private final DiagnoseResult result;

  private DiagnoseText(DiagnoseResult result) {
    this.result = result;
  }

  /** The whole report. */
  static String of(DiagnoseResult result) {
    DiagnoseText report = new DiagnoseText(result);
    report.head();
    report.terms();
    result.main().ifPresent(report::chart);
    report.table();
    report.layouts();
    report.verdict();
    return report.text.toString();
  }

  private void line(String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private void head() {
    if (result.isPartial) {
      line("PARTIAL: interrupted before the end. What is missing below was not measured.%n");
    }
    line("Machine: %s", result.quiet);
    if (result.quiet.isQuiet()) {
      line("Quiet enough: what is measured is this machine's own.%n");
    } else {
      line("NOT QUIET: figures are also those of other work on this machine.");
      result.quiet.reasons().forEach(reason -> line("  - %s", reason));
      line("");
    }
  }

  private void terms() {
    line("%-24s %15s   %s", "term", "median", "low to high of repeats");
    result.terms().forEach(this::term);
    result
        .main()
        .ifPresent(
            main -> {
              Quantiles refill = main.typical.session().refillLatency();
              line(
                  "%-24s %15s   p50 %s, p99 %s, p99.9 %s, max %s",
                  "refill of a typical run",
                  "",
                  Unit.SECONDS.format(refill.p50()),
                  Unit.SECONDS.format(refill.p99()),
                  Unit.SECONDS.format(refill.p999()),
                  Unit.SECONDS.format(refill.max()));
              if (!main.note.isEmpty()) {
                line("(%s)", main.note);
              }
            });
    line("");
  }

  private void term(Figure term) {
    line(
        "%-24s %15s   %s to %s (%d)",
        term.name(),
        term.text(),
        term.unit().format(term.low()),
        term.unit().format(term.high()),
        term.runs().size());
  }

  /** Drop-free rates on a logarithmic axis, one bar each. */
  private void chart(ShapeResult main) {
    Map<String, Double> bars = new LinkedHashMap<>();
    List<Limit> limits =
        List.of(
            main.model.controlPath(),
            main.model.lifecycle(main.runSeconds),
            main.model.bandwidth());
    bars.put("control path", limits.get(0).value());
    bars.put("life cycle, this run", limits.get(1).value());
    bars.put("bandwidth", limits.get(2).value());
    for (ShapeResult.Comparison comparison : main.comparisons) {
      if (comparison.what().equals("rate") && comparison.found().value() > 0) {
        bars.put(
            comparison.found().isAtLeast() ? "found (device's limit)" : "found",
            comparison.found().value());
      }
    }
    double most =
        bars.values().stream().filter(Double::isFinite).max(Double::compare).orElseThrow();
    if (result.target > 0) {
      bars.put("asked for", result.target);
    }
    line("Highest drop-free rate, %s (logarithmic)", main.request);
    bars.forEach((name, value) -> bar(name, value, most));
    line("");
    limits.forEach(limit -> line("  %s", limit.arithmetic()));
    line("");
  }

  private void bar(String name, double value, double most) {
    double decades = CHART_DECADES + Math.log10(value / most);
    int length = (int) Math.round(CHART_WIDTH * Math.min(1, decades / CHART_DECADES));
    line(
        "  %-22s %-" + CHART_WIDTH + "s %s",
        name,
        "#".repeat(Math.max(1, length)),
        Unit.BYTES_PER_SECOND.format(value));
  }

  private void table() {
    if (result.shapes.stream().allMatch(shape -> shape.comparisons.isEmpty())) {
      return;
    }
    String row = "%-12s %-7s %-17s %12s %14s %8s";
    line(row, "cores/thr.", "edge", "bound by", "predicted", "found", "error");
    for (ShapeResult shape : result.shapes) {
      for (ShapeResult.Comparison comparison : shape.comparisons) {
        double error = comparison.error();
        line(
            row,
            shape.request.cores() + "/" + shape.request.aicpuThreads(),
            comparison.what(),
            comparison.predicted().ceiling().words(),
            comparison.predicted().text(),
            comparison.foundText(),
            Double.isNaN(error) ? "-" : String.format(Locale.ROOT, "%+.0f %%", 100 * error));
      }
    }
    line("");
  }

  private void layouts() {
    if (result.layouts.isEmpty()) {
      return;
    }
    line("Predicted from the same terms; chip-2026.08 waits where the others drop.");
    line("%-20s %6s %14s %-17s %12s", "layout", "slots", "drop-free", "bound by", "burst room");
    for (DiagnoseResult.LayoutPrediction prediction : result.layouts) {
      line(
          "%-20s %6d %14s %-17s %12s",
          prediction.layout(),
          prediction.slots(),
          Unit.BYTES_PER_SECOND.format(prediction.bytesPerSecond()),
          prediction.binding().words(),
          Unit.BYTES.format(prediction.burstBytes()));
    }
    line("");
  }

  private void verdict() {
    Optional<Advice> advice = result.advice();
    if (advice.isEmpty()) {
      line("No verdict: interrupted before the terms were measured.");
      return;
    }
    line("Verdict: %s", advice.get().sentence());
    for (Advice.Change change : advice.get().changes()) {
      line("  - %s:", change.what());
      line("    %s", change.gain());
    }
  }
}
