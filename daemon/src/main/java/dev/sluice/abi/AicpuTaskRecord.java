package dev.sluice.abi;

import java.util.List;

/**
 * A task as recorded by its scheduler thread (abi.md, AICPU task).
 *
 * <pre>
 *   0                8                16             20            32
 *   +----------------+----------------+--------------+-------------+
 *   | dispatch_time  | finish_time    | reg_task_id  | pad         |
 *   +----------------+----------------+--------------+-------------+
 * </pre>
 */
public final class AicpuTaskRecord {
  /** Ticks just before the dispatch register write, u64. */
  public static final int DISPATCH_TIME_OFFSET = 0;

  /** Ticks when the scheduler saw the task finish, u64. */
  public static final int FINISH_TIME_OFFSET = 8;

  /** Dispatch token of the core, u32; joins with {@link AicoreTaskRecord}. */
  public static final int REG_TASK_ID_OFFSET = 16;

  public static final int SIZE_BYTES = 32;

  /** All fields, as captures store them. */
  public static final List<RecordColumn> COLUMNS =
      List.of(
          RecordColumn.delta("dispatch_time", DISPATCH_TIME_OFFSET, 8),
          RecordColumn.since("finish_time", FINISH_TIME_OFFSET, 8, 0),
          RecordColumn.delta("reg_task_id", REG_TASK_ID_OFFSET, 4));

  private AicpuTaskRecord() {}
}
