package dev.sluice.output.export;

import java.util.Map;

/**
 * Result of an export.
 *
 * @param records records read, including those outside the selection
 * @param rows output: table rows, or slices drawn
 * @param bytes bytes written
 * @param counts what was left out
 * @param missing records missing in the exported window, by cause
 * @param spanNs length of the exported window
 */
public record ExportSummary(
    long records, long rows, long bytes, Counts counts, Map<String, Long> missing, long spanNs) {

  public long missingRecords() {
    return missing.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Counts taken while rows are read and drawn; final when the export is done. */
  public static final class Counts {
    /** Tasks with a valid start, joined from both records where both exist. */
    public long joined;

    /** AICPU records left out because no AICore record matches. */
    public long aicpuWithoutAicore;

    /** AICore records left out because no AICPU record matches. */
    public long aicoreWithoutAicpu;

    /** Rows with an impossible time: left out, or drawn without that time. */
    public long impossibleTimes;

    /** Rows whose partner phase or task is too far ahead; drawn without an arrow. */
    public long givenUp;

    /** Dependencies that the times contradict. */
    public long violations;

    /** Bars drawn. */
    public long slices;
  }
}
