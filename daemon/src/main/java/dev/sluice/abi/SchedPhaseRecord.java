package dev.sluice.abi;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One phase of a scheduler loop (abi.md, Scheduler phase), in both field orders; constants in the
 * order of {@link WireFact#PHASE_RECORD}. For kinds that concern one task, the pop counters are a
 * task id.
 *
 * <pre>
 *  kind_at_20
 *   0        8       16          20     24               28       32        36     42     48   64
 *   +--------+-------+-----------+------+----------------+--------+---------+------+------+----+
 *   | start  | end   | loop_iter | kind | tasks_processed|pop_hit |pop_miss |i16[3]|i16[3]|pad |
 *   +--------+-------+-----------+------+----------------+--------+---------+------+------+----+
 *  kind_at_44
 *   0        8       16       20        24          28               32     38     44   45     64
 *   +--------+-------+--------+---------+-----------+----------------+------+------+----+------+
 *   | start  | end   |pop_hit |pop_miss | loop_iter | tasks_processed|i16[3]|i16[3]|kind| pad  |
 *   +--------+-------+--------+---------+-----------+----------------+------+------+----+------+
 * </pre>
 */
public enum SchedPhaseRecord {
  KIND_AT_20(16, 20, 4, 24, 28, 36),
  KIND_AT_44(24, 44, 1, 28, 16, 32);

  public static final int START_TIME_OFFSET = 0;
  public static final int END_TIME_OFFSET = 8;
  public static final int SIZE_BYTES = 64;

  private static final int DEPTHS_BYTES = 3 * Short.BYTES;

  private final int loopIterOffset;
  private final int kindOffset;
  private final int kindBytes;
  private final int tasksProcessedOffset;
  private final int popHitOffset;
  private final int sharedDepthAtStartOffset;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<RecordColumn> columns;

  SchedPhaseRecord(
      int loopIterOffset,
      int kindOffset,
      int kindBytes,
      int tasksProcessedOffset,
      int popHitOffset,
      int sharedDepthAtStartOffset) {
    this.loopIterOffset = loopIterOffset;
    this.kindOffset = kindOffset;
    this.kindBytes = kindBytes;
    this.tasksProcessedOffset = tasksProcessedOffset;
    this.popHitOffset = popHitOffset;
    this.sharedDepthAtStartOffset = sharedDepthAtStartOffset;
    int start = sharedDepthAtStartOffset;
    int end = start + DEPTHS_BYTES;
    columns =
        List.of(
            RecordColumn.delta("start_time", 0, 8),
            RecordColumn.since("end_time", 8, 8, 0),
            RecordColumn.delta("loop_iter", loopIterOffset, 4),
            RecordColumn.plain("kind", kindOffset, kindBytes),
            RecordColumn.plain("tasks_processed", tasksProcessedOffset, 4),
            RecordColumn.plain("pop_hit", popHitOffset, 4),
            RecordColumn.plain("pop_miss", popHitOffset + 4, 4),
            RecordColumn.plain("aic_depth_at_start", start, 2),
            RecordColumn.plain("aiv_depth_at_start", start + 2, 2),
            RecordColumn.plain("mix_depth_at_start", start + 4, 2),
            RecordColumn.plain("aic_depth_at_end", end, 2),
            RecordColumn.plain("aiv_depth_at_end", end + 2, 2),
            RecordColumn.plain("mix_depth_at_end", end + 4, 2));
  }

  /** Returns the phase number of the record at {@code at}, unchecked. */
  public int kind(ByteBuffer memory, int at) {
    return kindBytes == 1
        ? Byte.toUnsignedInt(memory.get(at + kindOffset))
        : memory.getInt(at + kindOffset);
  }

  /** u32. */
  public int loopIterOffset() {
    return loopIterOffset;
  }

  /** Offset of the kind, {@link #kindBytes} long. */
  public int kindOffset() {
    return kindOffset;
  }

  public int kindBytes() {
    return kindBytes;
  }

  /** u32. */
  public int tasksProcessedOffset() {
    return tasksProcessedOffset;
  }

  /** u32, or the low word of a task id. */
  public int popHitOffset() {
    return popHitOffset;
  }

  /** u32, or the high word of a task id. */
  public int popMissOffset() {
    return popHitOffset + Integer.BYTES;
  }

  /** i16[3]: ready-queue depth of AIC, AIV and MIX when the phase began. */
  public int sharedDepthAtStartOffset() {
    return sharedDepthAtStartOffset;
  }

  /** i16[3]: the same when it ended. */
  public int sharedDepthAtEndOffset() {
    return sharedDepthAtStartOffset + DEPTHS_BYTES;
  }

  /** All fields, as captures store them. */
  public List<RecordColumn> columns() {
    return columns;
  }
}
