package dev.sluice.abi;

import java.util.List;

/**
 * Usage of the runtime's rings where a scope began or ended (docs/abi.md). {@code
 * site_file_basename} is 32 characters, terminated by a 0.
 */
public final class ScopeStatsRecord {
  public static final int SITE_FILE_BASENAME_OFFSET = 0;
  public static final int HEAP_START_OFFSET = 32;
  public static final int HEAP_END_OFFSET = 40;
  public static final int SITE_LINE_OFFSET = 48;
  public static final int TASK_START_OFFSET = 52;
  public static final int TASK_END_OFFSET = 56;
  public static final int DEP_POOL_START_OFFSET = 60;
  public static final int DEP_POOL_END_OFFSET = 64;
  public static final int TENSORMAP_USED_OFFSET = 68;
  public static final int DEPTH_OFFSET = 72;
  public static final int RING_ID_OFFSET = 74;

  /** i16: 0 begin, 1 end. */
  public static final int PHASE_OFFSET = 76;

  public static final int SIZE_BYTES = 80;

  /** All fields, as captures store them. */
  static final List<RecordColumn> COLUMNS =
      List.of(
          RecordColumn.plain("site_file_0", SITE_FILE_BASENAME_OFFSET, 8),
          RecordColumn.plain("site_file_1", SITE_FILE_BASENAME_OFFSET + 8, 8),
          RecordColumn.plain("site_file_2", SITE_FILE_BASENAME_OFFSET + 16, 8),
          RecordColumn.plain("site_file_3", SITE_FILE_BASENAME_OFFSET + 24, 8),
          RecordColumn.delta("heap_start", HEAP_START_OFFSET, 8),
          RecordColumn.since("heap_end", HEAP_END_OFFSET, 8, 4),
          RecordColumn.plain("site_line", SITE_LINE_OFFSET, 4),
          RecordColumn.delta("task_start", TASK_START_OFFSET, 4),
          RecordColumn.since("task_end", TASK_END_OFFSET, 4, 7),
          RecordColumn.delta("dep_pool_start", DEP_POOL_START_OFFSET, 4),
          RecordColumn.since("dep_pool_end", DEP_POOL_END_OFFSET, 4, 9),
          RecordColumn.plain("tensormap_used", TENSORMAP_USED_OFFSET, 4),
          RecordColumn.plain("depth", DEPTH_OFFSET, 2),
          RecordColumn.plain("ring_id", RING_ID_OFFSET, 2),
          RecordColumn.plain("phase", PHASE_OFFSET, 2));

  private ScopeStatsRecord() {}
}
