package dev.sluice.output.export;

/**
 * What to export, and how.
 *
 * @param graph dependencies for traces and tables; {@link TaskGraph#NONE} for none
 * @param names names of kernels; {@link NameMap#NONE} for none
 * @param isAbsolute whether the times of a trace are those of the host's clock, not counted from
 *     the first event
 * @param isByRun whether each source is one run of a capture, to have a file of its own
 */
public record ExportRequest(
    ExportFormat format,
    ExportSelection selection,
    TaskGraph graph,
    NameMap names,
    boolean isAbsolute,
    boolean isByRun) {

  /** Everything, without further files. */
  public static ExportRequest of(ExportFormat format) {
    return new ExportRequest(
        format, ExportSelection.ALL, TaskGraph.NONE, NameMap.NONE, false, false);
  }
}
