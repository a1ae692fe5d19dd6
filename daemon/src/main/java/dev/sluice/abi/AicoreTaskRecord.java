package dev.sluice.abi;

import java.util.List;

/**
 * A task as recorded by the AICore itself (abi.md, AICore task).
 *
 * <pre>
 *   0             8             16                 24             28                         32
 *   +-------------+-------------+------------------+--------------+--------------------------+
 *   | start_time  | end_time    | task_token_raw   | reg_task_id  | receive_to_start_cycles  |
 *   +-------------+-------------+------------------+--------------+--------------------------+
 * </pre>
 */
public final class AicoreTaskRecord {
  /** Ticks just before the kernel runs, u64; 0 marks a slot that was never written. */
  public static final int START_TIME_OFFSET = 0;

  /** Ticks after the kernel, u64. */
  public static final int END_TIME_OFFSET = 8;

  /** {@code (ring << 32) + local id}, u64. */
  public static final int TASK_TOKEN_RAW_OFFSET = 16;

  /** Dispatch token of the core, u32; joins with {@link AicpuTaskRecord}. */
  public static final int REG_TASK_ID_OFFSET = 24;

  /** Time from receiving the task to starting it, u32. */
  public static final int RECEIVE_TO_START_CYCLES_OFFSET = 28;

  public static final int SIZE_BYTES = 32;

  /** All fields, as captures store them. */
  public static final List<RecordColumn> COLUMNS =
      List.of(
          RecordColumn.delta("start_time", START_TIME_OFFSET, 8),
          RecordColumn.since("end_time", END_TIME_OFFSET, 8, 0),
          RecordColumn.delta("task_id", TASK_TOKEN_RAW_OFFSET, 4),
          RecordColumn.plain("task_ring", TASK_TOKEN_RAW_OFFSET + 4, 4),
          RecordColumn.delta("reg_task_id", REG_TASK_ID_OFFSET, 4),
          RecordColumn.plain("receive_to_start_cycles", RECEIVE_TO_START_CYCLES_OFFSET, 4));

  private AicoreTaskRecord() {}
}
