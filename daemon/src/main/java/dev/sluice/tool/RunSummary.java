package dev.sluice.tool;

import dev.sluice.config.Quantities;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/**
 * The text a person reads after a run: the books as a table, then the figures, then the verdict.
 */
final class RunSummary {
  private static final String LABEL = "  %-24s";

  private final RunReport run;
  private final StringBuilder text = new StringBuilder();

  private RunSummary(RunReport run) {
    this.run = run;
  }

  static String of(RunReport run, String head, Verdict verdict) throws ToolException {
    RunSummary summary = new RunSummary(run);
    summary.line(head);
    summary.line("");
    summary.books();
    summary.line("");
    summary.figures();
    summary.line("");
    summary.line(verdict.sentence());
    run.session().capture().ifPresent(summary::whereToLook);
    return summary.text.toString();
  }

  private void books() throws ToolException {
    SessionReport session = run.session();
    List<KindCounts> columns = new ArrayList<>();
    columns.add(session.total());
    StringBuilder head = new StringBuilder(String.format(LABEL + "%16s", "records", "all"));
    for (Map.Entry<String, KindCounts> kind : session.kinds().entrySet()) {
      columns.add(kind.getValue());
      head.append(String.format("%16s", kind.getKey()));
    }
    line(head.toString());
    line(
        String.format(Locale.ROOT, LABEL + "%,16d", "producer's own count", run.producedRecords()));
    row("produced", columns, KindCounts::deviceRecords);
    row("collected", columns, KindCounts::collectedRecords);
    row("dropped", columns, KindCounts::droppedRecords);
    for (String cause : new TreeSet<>(session.total().dropped().keySet())) {
      if (session.total().dropped().get(cause) != 0) {
        row("  " + cause, columns, counts -> counts.dropped().getOrDefault(cause, 0L));
      }
    }
    row("salvaged", columns, KindCounts::salvagedRecords);
    row("unaccounted", columns, KindCounts::unaccountedRecords);
    session.capture().ifPresent(this::captured);
  }

  private void captured(SessionReport.Capture capture) {
    line(String.format(Locale.ROOT, LABEL + "%,16d", "captured", capture.capturedRecords()));
    capture
        .lost()
        .forEach(
            (reason, records) -> {
              if (records != 0) {
                line(String.format(Locale.ROOT, LABEL + "%,16d", "lost, " + reason, records));
              }
            });
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
        String.format(
            Locale.ROOT,
            "%s, %.2f %% of its threads' time",
            seconds(run.stallSeconds()),
            100 * run.stalledRatio()));
    figure(
        "daemon processor time",
        String.format(
            Locale.ROOT,
            "%s, %.2f cores",
            seconds(run.daemonCpuSeconds()),
            run.producedSeconds() > 0 ? run.daemonCpuSeconds() / run.producedSeconds() : 0));
    figure("format violations", violations(session));
  }

  private void whereToLook(SessionReport.Capture capture) {
    line("");
    line("Capture: " + capture.directory());
    line("Check it with:    sluice verify '" + capture.directory() + "'");
  }

  private static String violations(SessionReport session) {
    if (session.violations() == 0) {
      return "0";
    }
    StringBuilder reasons = new StringBuilder();
    session
        .abiViolations()
        .forEach(
            (reason, count) -> {
              if (count > 0) {
                reasons.append(reasons.isEmpty() ? "" : ", ").append(reason).append(' ');
                reasons.append(count);
              }
            });
    return reasons.toString();
  }

  private static String quantiles(Quantiles quantiles) {
    if (quantiles.count() == 0) {
      return "nothing measured";
    }
    return String.format(
        Locale.ROOT,
        "p50 %s   p99 %s   p99.9 %s   max %s   (%,d measured)",
        seconds(quantiles.p50()),
        seconds(quantiles.p99()),
        seconds(quantiles.p999()),
        seconds(quantiles.max()),
        quantiles.count());
  }

  private static String seconds(double seconds) {
    return Quantities.formatNanos(Math.round(seconds * 1e9));
  }

  private void row(String label, List<KindCounts> columns, ToLongFunction<KindCounts> value) {
    StringBuilder row = new StringBuilder(String.format(LABEL, label));
    for (KindCounts column : columns) {
      row.append(String.format(Locale.ROOT, "%,16d", value.applyAsLong(column)));
    }
    line(row.toString());
  }

  private void figure(String label, String value) {
    line(String.format(LABEL + "%s", label, value));
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
