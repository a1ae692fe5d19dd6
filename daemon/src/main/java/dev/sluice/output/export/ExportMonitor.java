package dev.sluice.output.export;

/** Receives progress and can abort. Called on the exporting thread about once per frame. */
@FunctionalInterface
public interface ExportMonitor {
  /** Ignores progress and never aborts. */
  ExportMonitor NONE = records -> {};

  /**
   * Reports newly read records.
   *
   * @throws ExportException to abort the export; no output remains
   */
  void advance(long records) throws ExportException;
}
