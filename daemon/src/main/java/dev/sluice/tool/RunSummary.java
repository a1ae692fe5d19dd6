package dev.sluice.tool;

import dev.sluice.config.Quantities;
import dev.sluice.headroom.Ceiling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The text for a person after a run: the verdict, the books as a table, then the figures. It fits a
 * terminal of 80 columns unless a number or a path is very long.
 */
final class RunSummary {
  private static final int WIDTH = 80;
  private static final String LABEL = "  %-18s";

  private final RunReport run;
  private final StringBuilder text = new StringBuilder();

  private RunSummary(RunReport run) {
    this.run = run;
  }

  static String of(RunReport run, String head, Verdict verdict, Terminal terminal)
      throws ToolException {
    RunSummary summary = new RunSummary(run);
    Terminal.Colour colour =
        verdict.exitCode() == ExitCode.FINE ? Terminal.Colour.GOOD : Terminal.Colour.BAD;
    new Terminal(WIDTH, terminal.hasColour())
        .wrap(verdict.sentence())
        .lines()
        .forEach(line -> summary.line(terminal.colour(colour, line)));
    summary.line("");
    summary.line(head);
    summary.line("");
    summary.books();
    summary.line("");
    summary.figures();
    return summary.text.toString();
  }

  /** Prints one row per kind in the order of the law: produced is the sum of the other columns. */
  private void books() throws ToolException {
    SessionReport session = run.session();
    TextTable table =
        new TextTable()
            .text("records", 0)
            .number("produced", 0)
            .number("collected", 0)
            .number("dropped", 0)
            .number("salvaged", 0)
            .number("unaccounted", 0);
    session.kinds().forEach((kind, counts) -> table.row(row(kind, counts)));
    table.row(row("all", session.total()));
    table.print(0).lines().forEach(line -> line("  " + line));
    figure("producer counted", count(run.producedRecords()));
    figures("dropped", session.total().dropped());
    if (session.total().neverStartedRecords() > 0) {
      figure("never started", count(session.total().neverStartedRecords()));
    }
    if (session.capture().isPresent()) {
      SessionReport.Capture capture = session.capture().get();
      figure("captured", count(capture.capturedRecords()));
      figures("not captured", capture.lost());
    }
  }

  private static String[] row(String kind, KindCounts counts) {
    return new String[] {
      kind,
      count(counts.deviceRecords()),
      count(counts.collectedRecords()),
      count(counts.droppedRecords()),
      count(counts.salvagedRecords()),
      count(counts.unaccountedRecords())
    };
  }

  private void figures() throws ToolException {
    SessionReport session = run.session();
    figure(
        "collected",
        Quantities.formatRate(run.collectedBytesPerSecond())
            + ", "
            + Quantities.formatBytes(session.total().collectedBytes())
            + " in "
            + seconds(run.producedSeconds()));
    figure("refill latency", quantiles(session.refillLatency()));
    figure("drain pause", quantiles(session.drainPause()));
    figure(
        "device waited",
        run.stallSeconds() > 0
            ? seconds(run.stallSeconds())
                + ", "
                + Verdict.percent(run.stalledRatio())
                + " of its "
                + run.deviceThreads()
                + " threads' time"
            : "never");
    figure(
        "processor time",
        String.format(
            Locale.ROOT,
            "%s, %.2f cores from attach to detach",
            seconds(run.daemonCpuSeconds()),
            run.daemonCores()));
    Ceiling nearest = session.headroom().nearest();
    figure(
        "nearest ceiling",
        String.format(
            Locale.ROOT,
            "%s, peak %.0f %% (100 %% is the limit)",
            nearest.words(),
            100 * session.headroom().worst(nearest)));
    figures("format violations", session.abiViolations());
  }

  private static String quantiles(Quantiles quantiles) {
    if (quantiles.count() == 0) {
      return "nothing measured";
    }
    return String.format(
        Locale.ROOT,
        "p50 %s  p99 %s  p99.9 %s  max %s  n=%,d",
        seconds(quantiles.p50()),
        seconds(quantiles.p99()),
        seconds(quantiles.p999()),
        seconds(quantiles.max()),
        quantiles.count());
  }

  private static String count(long records) {
    return String.format(Locale.ROOT, "%,d", records);
  }

  private static String seconds(double seconds) {
    return Quantities.formatNanos(Math.round(seconds * 1e9));
  }

  /** Prints counts by reason without zeros; prints nothing if all are 0. */
  private void figures(String label, Map<String, Long> counts) {
    List<String> words = new ArrayList<>();
    new TreeMap<>(counts)
        .forEach(
            (reason, count) -> {
              if (count != 0) {
                words.add(reason + " " + count(count));
              }
            });
    if (!words.isEmpty()) {
      figure(label, String.join(", ", words));
    }
  }

  private void figure(String label, String value) {
    line(String.format(LABEL + " %s", label, value));
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
