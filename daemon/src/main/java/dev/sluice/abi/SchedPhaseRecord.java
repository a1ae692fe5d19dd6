package dev.sluice.abi;

/**
 * One phase of a scheduler loop (abi.md 2.1). Bytes 28 to 35 are two counters, or in the third
 * generation a task id for the kinds that concern one task.
 *
 * <pre>
 *   0          8          16         20     24               28       32        36   42   48   64
 *   +----------+----------+----------+------+----------------+--------+---------+----+----+----+
 *   | start    | end      |loop_iter | kind | tasks_processed|pop_hit |pop_miss |i16 |i16 |pad |
 *   |          |          |          |      |                |/local  |/ring    |[3] |[3] |    |
 *   +----------+----------+----------+------+----------------+--------+---------+----+----+----+
 * </pre>
 */
public final class SchedPhaseRecord {
  public static final int START_TIME_OFFSET = 0;
  public static final int END_TIME_OFFSET = 8;
  public static final int LOOP_ITER_OFFSET = 16;
  public static final int KIND_OFFSET = 20;
  public static final int TASKS_PROCESSED_OFFSET = 24;
  public static final int POP_HIT_OFFSET = 28;
  public static final int POP_MISS_OFFSET = 32;

  /** i16[3]: ready-queue depth of AIC, AIV and MIX when the phase began. */
  public static final int SHARED_DEPTH_AT_START_OFFSET = 36;

  /** i16[3]: the same when it ended. */
  public static final int SHARED_DEPTH_AT_END_OFFSET = 42;

  public static final int SIZE_BYTES = 64;

  private SchedPhaseRecord() {}
}
