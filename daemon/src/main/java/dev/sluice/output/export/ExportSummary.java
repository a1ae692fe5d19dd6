package dev.sluice.output.export;

import java.util.Map;

/**
 * What an export did.
 *
 * @param records records read, those outside the selection included
 * @param rows what was made of them: rows of tables, or slices drawn
 * @param bytes written
 * @param counts what was left out
 * @param missing records that are missing in the exported window, by cause
 * @param spanNs from the first to the last moment of the exported window
 */
public record ExportSummary(
    long records, long rows, long bytes, Counts counts, Map<String, Long> missing, long spanNs) {

  public long missingRecords() {
    return missing.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Counted while rows are read and drawn; final when the export is. */
  public static final class Counts {
    /** Tasks of which both records are there. */
    public long joined;

    /** AICPU records left out for want of a partner. */
    public long aicpuWithoutAicore;

    /** AICore records left out for want of a partner. */
    public long aicoreWithoutAicpu;

    /** Rows with a time that cannot be: left out, or drawn without that time. */
    public long impossibleTimes;

    /** Rows whose partner phase or task lies too far ahead; drawn without an arrow. */
    public long givenUp;

    /** Dependencies that the times contradict. */
    public long violations;

    /** Bars drawn. */
    public long slices;
  }
}
