package dev.sluice.tool;

import dev.sluice.config.Quantities;
import dev.sluice.headroom.Ceiling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The text a person reads after a run: the verdict, the books as a table, then the figures. It fits
 * a terminal of 80 columns unless a number or a path is very long.
 */
final class RunSummary {
  private static final int WIDTH = 80;
  private static final String LABEL = "  %-18s";

  private final RunReport run;
  private final StringBuilder text = new StringBuilder();

  private RunSummary(RunReport run) {
    this.run = run;
  }

  static String of(RunReport run, String head, Verdict verdict) throws ToolException {
    RunSummary summary = new RunSummary(run);
    summary.paragraph(verdict.sentence());
    summary.line("");
    summary.line(head);
    summary.line("");
    summary.books();
    summary.line("");
    summary.figures();
    return summary.text.toString();
  }

  /** One row per kind, so that a row reads as the law: produced is the sum of what follows. */
  private void books() throws ToolException {
    SessionReport session = run.session();
    List<String[]> rows = new ArrayList<>();
    rows.add(
        new String[] {"records", "produced", "collected", "dropped", "salvaged", "unaccounted"});
    session.kinds().forEach((kind, counts) -> rows.add(row(kind, counts)));
    rows.add(row("all", session.total()));
    table(rows);
    figure("producer counted", count(run.producedRecords()));
    figures("dropped", session.total().dropped());
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

  private void table(List<String[]> rows) {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder("  " + row[0]);
      line.append(" ".repeat(widths[0] - row[0].length()));
      for (int i = 1; i < row.length; i++) {
        line.append(" ".repeat(2 + widths[i] - row[i].length())).append(row[i]);
      }
      line(line.toString());
    }
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
        "p50 %s  p99 %s  p99.9 %s  max %s  of %,d",
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

  /** Counts by reason, without those that are 0; nothing where all are. */
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

  private void paragraph(String sentences) {
    int column = 0;
    for (String word : sentences.split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > WIDTH) {
        text.append('\n');
        column = 0;
      } else if (column > 0) {
        text.append(' ');
        column++;
      }
      text.append(word);
      column += word.length();
    }
    text.append('\n');
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
