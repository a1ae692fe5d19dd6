package dev.sluice.output.export;

/**
 * What to export and how.
 *
 * @param selection time window and cores
 * @param levelKey of {@link ExportFormat#RECORDS_JSON}
 * @param graph dependencies, for the traces; {@link TaskGraph#NONE} if there is no file
 * @param names of kernels, for the traces; {@link NameMap#NONE} if there is no file
 */
public record ExportRequest(
    ExportFormat format,
    ExportSelection selection,
    LevelKey levelKey,
    TaskGraph graph,
    NameMap names) {

  /** Everything, without other files. */
  public static ExportRequest of(ExportFormat format) {
    return new ExportRequest(
        format, ExportSelection.ALL, LevelKey.AUTO, TaskGraph.NONE, NameMap.NONE);
  }
}
