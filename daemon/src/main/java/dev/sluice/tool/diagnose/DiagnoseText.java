package dev.sluice.tool.diagnose;

import dev.sluice.tool.Quantiles;
import java.util.List;
import java.util.Locale;

/** The report for a terminal. */
final class DiagnoseText {
  private static final int CHART_WIDTH = 46;
  private static final double CHART_DECADES = 3;

  private final StringBuilder text = new StringBuilder();
  private final DiagnoseResult result;

  private DiagnoseText(DiagnoseResult result) {
    this.result = result;
  }

  /**
   * The whole report.
   *
   * @param advice null if there is none yet
   */
  static String of(DiagnoseResult result, Advice advice) {
    DiagnoseText report = new DiagnoseText(result);
    report.head();
    report.terms();
    result.main().ifPresent(report::chart);
    report.table();
    report.layouts();
    report.verdict(advice);
    return report.text.toString();
  }

  private void line(String format, Object... arguments) {
    text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private void head() {
    if (result.isPartial()) {
      line("PARTIAL: interrupted before the end. What is missing below was not measured.%n");
    }
    line("Machine: %s", result.quiet());
    if (result.quiet().isQuiet()) {
      line("Quiet enough: what is measured is this machine's own.%n");
    } else {
      line("NOT QUIET: figures are those of whoever else was at work, too.");
      result.quiet().reasons().forEach(reason -> line("  - %s", reason));
      line("");
    }
  }

  private void terms() {
    line("%-24s %15s   %s", "term", "median", "low to high of repeats");
    result.hostTerms().forEach(this::term);
    result
        .main()
        .ifPresent(
            main -> {
              main.terms().forEach(this::term);
              Quantiles refill = main.typical().session().refillLatency();
              line(
                  "%-24s %15s   p50 %s, p99 %s, p99.9 %s, max %s",
                  "  of a typical run",
                  "",
                  Unit.SECONDS.format(refill.p50()),
                  Unit.SECONDS.format(refill.p99()),
                  Unit.SECONDS.format(refill.p999()),
                  Unit.SECONDS.format(refill.max()));
              if (!main.note().isEmpty()) {
                line("  (%s)", main.note());
              }
            });
    result.storage().ifPresent(this::term);
    line("");
  }

  private void term(Term term) {
    line(
        "%-24s %15s   %s to %s (%d)",
        term.name(),
        term.unit().format(term.median()),
        term.unit().format(term.low()),
        term.unit().format(term.high()),
        term.values().size());
  }

  /** Drop-free rates on a logarithmic axis, one bar each. */
  private void chart(ShapeResult main) {
    CeilingModel model = main.model();
    double most =
        Math.max(model.controlPath().bytesPerSecond(), model.bandwidth().bytesPerSecond());
    double found = 0;
    boolean isAtLeast = false;
    for (ShapeResult.Comparison comparison : main.comparisons()) {
      if (comparison.what().equals("rate")) {
        found = comparison.found().value();
        isAtLeast = comparison.found().isAtLeast();
      }
    }
    most = Math.max(most, found);
    line("Highest drop-free rate, %s (logarithmic)", main.request());
    bar("control path", model.controlPath().bytesPerSecond(), most);
    bar("life cycle, this run", model.lifecycle(main.runSeconds()).bytesPerSecond(), most);
    bar(model.bandwidth().kind().words(), model.bandwidth().bytesPerSecond(), most);
    if (found > 0) {
      bar(isAtLeast ? "found (device's limit)" : "found", found, most);
    }
    if (result.targetBytesPerSecond() > 0) {
      bar("asked for", result.targetBytesPerSecond(), most);
    }
    line("");
    line("  %s", model.controlPath().arithmetic());
    line("  %s", model.lifecycle(main.runSeconds()).arithmetic());
    line("  %s", model.bandwidth().arithmetic());
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
    if (result.shapes().stream().allMatch(shape -> shape.comparisons().isEmpty())) {
      return;
    }
    line(
        "%-12s %-7s %-17s %12s %14s %8s",
        "cores/thr.", "edge", "bound by", "predicted", "found", "error");
    for (ShapeResult shape : result.shapes()) {
      for (ShapeResult.Comparison comparison : shape.comparisons()) {
        double error = comparison.error();
        line(
            "%-12s %-7s %-17s %12s %14s %8s",
            shape.request().cores() + "/" + shape.request().aicpuThreads(),
            comparison.what(),
            comparison.predicted().binding().words(),
            comparison.predicted().unit().format(comparison.predicted().value()),
            comparison.foundText(),
            Double.isNaN(error) ? "-" : String.format(Locale.ROOT, "%+.0f %%", 100 * error));
      }
    }
    line("");
  }

  private void layouts() {
    List<DiagnoseResult.LayoutPrediction> layouts = result.layouts();
    if (layouts.isEmpty()) {
      return;
    }
    line("Predicted from the same terms; chip-2026.08 waits where the others drop.");
    line("%-20s %6s %14s %-17s %12s", "layout", "slots", "drop-free", "bound by", "burst room");
    for (DiagnoseResult.LayoutPrediction prediction : layouts) {
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

  private void verdict(Advice advice) {
    if (advice == null) {
      line("No verdict: interrupted before the terms were measured.");
      return;
    }
    line("Verdict: %s", advice.sentence());
    for (Advice.Change change : advice.changes()) {
      line("  - %s:", change.what());
      line("    %s", change.gain());
    }
  }
}
