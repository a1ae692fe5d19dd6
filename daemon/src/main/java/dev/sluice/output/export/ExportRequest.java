package dev.sluice.output.export;

/**
 * What to export, and how.
 *
 * @param graph dependencies for traces and tables; {@link TaskGraph#NONE} for none
 * @param names names of kernels; {@link NameMap#NONE} for none
 * @param isAbsolute whether trace times are those of the host's clock instead of counting from the
 *     first event
 * @param isByRun whether each source is one run of a capture and gets its own file
 */
public record ExportRequest(
    ExportFormat format,
    ExportSelection selection,
    TaskGraph graph,
    NameMap names,
    boolean isAbsolute,
    boolean isByRun) {

  /** Returns a request for everything, without additional files. */
  public static ExportRequest of(ExportFormat format) {
    return new ExportRequest(
        format, ExportSelection.ALL, TaskGraph.NONE, NameMap.NONE, false, false);
  }
}
