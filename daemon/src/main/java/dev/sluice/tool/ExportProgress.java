package dev.sluice.tool;

import dev.sluice.output.export.ExportException;
import dev.sluice.output.export.ExportMonitor;
import java.util.Locale;

/** Shows a bar on standard error during an export; ends the export on a stop signal. */
final class ExportProgress implements ExportMonitor {
  private static final int BAR_COLUMNS = 30;
  private static final long INTERVAL_NS = 200_000_000L;

  private final ProgressLine line;
  private final StopSignal stopSignal;
  private final long startNs = System.nanoTime();
  private long shownNs = startNs;
  private long total;
  private long records;

  ExportProgress(ProgressLine line, StopSignal stopSignal) {
    this.line = line;
    this.stopSignal = stopSignal;
  }

  /** Sets the expected number of records. */
  void expect(long totalRecords) {
    total = totalRecords;
  }

  @Override
  public void advance(long more) throws ExportException {
    records += more;
    if (stopSignal.isRequested()) {
      throw new ExportException("the export was stopped; its output was removed");
    }
    long nowNs = System.nanoTime();
    if (nowNs - shownNs >= INTERVAL_NS) {
      shownNs = nowNs;
      line.update(text(records, total, (nowNs - startNs) / 1e9));
    }
  }

  static String text(long records, long total, double seconds) {
    double part = total == 0 ? 1 : Math.min(1, (double) records / total);
    int filled = (int) Math.round(part * BAR_COLUMNS);
    double rate = records / seconds;
    double leftSeconds = rate == 0 ? 0 : Math.max(0, total - records) / rate;
    return String.format(
        Locale.ROOT,
        "[%s%s] %3.0f %%, %.1f M records/s, %.0f s left",
        "#".repeat(filled),
        "-".repeat(BAR_COLUMNS - filled),
        part * 100,
        rate / 1e6,
        leftSeconds);
  }
}
