package dev.sluice.tool.diagnose;

import dev.sluice.tool.Quantiles;
import dev.sluice.tool.Terminal;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Unit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The report for a terminal. */
final class DiagnoseText {
  /** Width of the sentences and of the widest table. */
  private static final int WIDTH = 80;

  private static final int CHART_WIDTH = 40;
  private static final double CHART_DECADES = 3;

  private final StringBuilder text = new StringBuilder();
  private final DiagnoseResult result;
  private final Terminal terminal;

  private DiagnoseText(DiagnoseResult result, Terminal terminal) {
    this.result = result;
    this.terminal = new Terminal(WIDTH, terminal.hasColour());
  }

  /** Returns the whole report. */
  static String of(DiagnoseResult result, Terminal terminal) {
    DiagnoseText report = new DiagnoseText(result, terminal);
    report.verdict();
    result.main().ifPresent(report::chart);
    report.machine();
    report.table();
    report.terms();
    report.layouts();
    return report.text.toString();
  }

  private void line(String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private void machine() {
    line("Machine: %s", result.quiet);
    if (result.quiet.isQuiet()) {
      line("The machine was quiet.%n");
    } else {
      line("The machine was not quiet, so the results include other work on it:");
      result.quiet.reasons().forEach(reason -> line("  - %s", reason));
      line("");
    }
  }

  private void terms() {
    line("What was measured (docs/tuning.md explains the terms):");
    line("%-24s %15s   %s", "term", "median", "lowest to highest (repeats)");
    result.terms().forEach(this::term);
    result
        .main()
        .ifPresent(
            main -> {
              Quantiles refill = main.typical.session().refillLatency();
              line(
                  "%-24s %15s   p50 %s, p99 %s, p99.9 %s, max %s",
                  "refill in a typical run",
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

  /** Draws drop-free rates on a logarithmic axis, one bar each. */
  private void chart(ShapeResult main) {
    Map<String, Double> bars = new LinkedHashMap<>();
    List<Limit> limits =
        List.of(
            main.model.controlPath(),
            main.model.lifecycle(main.runSeconds),
            main.model.bandwidth());
    bars.put("control path", limits.get(0).value());
    bars.put("life cycle, " + Unit.SECONDS.format(main.runSeconds), limits.get(1).value());
    bars.put("bandwidth", limits.get(2).value());
    result.storage.ifPresent(storage -> bars.put("storage", storage.value()));
    for (ShapeResult.Comparison comparison : main.comparisons) {
      if (comparison.what().equals("rate") && comparison.found().value() > 0) {
        bars.put(
            comparison.found().isAtLeast() ? "found, at least" : "found",
            comparison.found().value());
      }
    }
    double most =
        bars.values().stream().filter(Double::isFinite).max(Double::compare).orElseThrow();
    if (result.target > 0) {
      bars.put("requested", result.target);
    }
    line("Highest rate without loss, %s (logarithmic)", main.request);
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
    line(row, "cores/thr.", "edge", "limit", "predicted", "found", "error");
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
    line("Predicted for other layouts; the chip layouts wait where the others drop.");
    line("%-20s %6s %14s %-17s %12s", "layout", "slots", "without loss", "limit", "burst room");
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

  /** Prints the verdict first, before its derivation. */
  private void verdict() {
    if (result.isPartial) {
      line("PARTIAL: interrupted before the end. What is missing below was not measured.%n");
    }
    Optional<Advice> advice = result.advice();
    if (advice.isEmpty()) {
      line("No verdict: interrupted before the terms were measured.%n");
      return;
    }
    String answer = terminal.wrap(advice.get().sentence());
    boolean isTooFast = result.target > advice.get().binding().value();
    Terminal.Colour colour = isTooFast ? Terminal.Colour.BAD : Terminal.Colour.GOOD;
    answer
        .lines()
        .forEach(line -> line("%s", result.target > 0 ? terminal.colour(colour, line) : line));
    if (!result.quiet.isQuiet()) {
      text.append(terminal.wrap("The machine was not quiet, so the limit may be higher."));
    }
    line("%nWhat to change, the greatest gain first:");
    int rank = 0;
    for (Advice.Change change : advice.get().changes()) {
      rank++;
      text.append(terminal.wrap("  " + rank + ". " + change.what(), "     "));
      text.append(terminal.wrap("     -> " + change.gain(), "        "));
    }
    line("");
  }
}
