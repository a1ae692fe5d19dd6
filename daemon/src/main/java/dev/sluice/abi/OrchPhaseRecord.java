package dev.sluice.abi;

/**
 * One submission by the orchestrator thread (abi.md 2.1).
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

  private OrchPhaseRecord() {}
}
