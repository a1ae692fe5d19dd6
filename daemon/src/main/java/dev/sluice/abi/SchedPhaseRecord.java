package dev.sluice.abi;

import java.util.List;

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

  /** All fields, as captures store them. */
  public static final List<RecordColumn> COLUMNS =
      List.of(
          RecordColumn.delta("start_time", START_TIME_OFFSET, 8),
          RecordColumn.since("end_time", END_TIME_OFFSET, 8, 0),
          RecordColumn.delta("loop_iter", LOOP_ITER_OFFSET, 4),
          RecordColumn.plain("kind", KIND_OFFSET, 4),
          RecordColumn.plain("tasks_processed", TASKS_PROCESSED_OFFSET, 4),
          RecordColumn.plain("pop_hit", POP_HIT_OFFSET, 4),
          RecordColumn.plain("pop_miss", POP_MISS_OFFSET, 4),
          RecordColumn.plain("aic_depth_at_start", SHARED_DEPTH_AT_START_OFFSET, 2),
          RecordColumn.plain("aiv_depth_at_start", SHARED_DEPTH_AT_START_OFFSET + 2, 2),
          RecordColumn.plain("mix_depth_at_start", SHARED_DEPTH_AT_START_OFFSET + 4, 2),
          RecordColumn.plain("aic_depth_at_end", SHARED_DEPTH_AT_END_OFFSET, 2),
          RecordColumn.plain("aiv_depth_at_end", SHARED_DEPTH_AT_END_OFFSET + 2, 2),
          RecordColumn.plain("mix_depth_at_end", SHARED_DEPTH_AT_END_OFFSET + 4, 2));

  private SchedPhaseRecord() {}
}
