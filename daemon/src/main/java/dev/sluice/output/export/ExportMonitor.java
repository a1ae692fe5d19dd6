package dev.sluice.output.export;

/**
 * Told of progress, and asked whether to go on. Called on the exporting thread about once per
 * frame.
 */
@FunctionalInterface
public interface ExportMonitor {
  /** Neither watches nor stops. */
  ExportMonitor NONE = records -> {};

  /**
   * Some more records were read.
   *
   * @throws ExportException to end the export; nothing of the output stays
   */
  void advance(long records) throws ExportException;
}
