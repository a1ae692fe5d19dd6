package dev.sluice.abi;

import java.util.List;

/**
 * One submission by the orchestrator thread (abi.md, Orchestrator phase).
 *
 * <pre>
 *   0            8            16           24            28        32
 *   +------------+------------+------------+-------------+---------+
 *   | start_time | end_time   | task_id    | submit_idx  | pad     |
 *   +------------+------------+------------+-------------+---------+
 * </pre>
 */
public final class OrchPhaseRecord {
  public static final int START_TIME_OFFSET = 0;
  public static final int END_TIME_OFFSET = 8;
  public static final int TASK_ID_OFFSET = 16;
  public static final int SUBMIT_IDX_OFFSET = 24;
  public static final int SIZE_BYTES = 32;

  /** All fields, as captures store them. */
  public static final List<RecordColumn> COLUMNS =
      List.of(
          RecordColumn.delta("start_time", START_TIME_OFFSET, 8),
          RecordColumn.since("end_time", END_TIME_OFFSET, 8, 0),
          RecordColumn.delta("task_id", TASK_ID_OFFSET, 4),
          RecordColumn.plain("task_ring", TASK_ID_OFFSET + 4, 4),
          RecordColumn.delta("submit_idx", SUBMIT_IDX_OFFSET, 4));

  private OrchPhaseRecord() {}
}
