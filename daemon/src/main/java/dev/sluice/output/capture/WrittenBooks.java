package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.counters.CounterArray;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Accounts for the records that reached the writer: captured in a segment, or lost, by reason. The
 * positions of losses stay in the pending gaps until a GAP frame is written.
 *
 * <p>The writer's thread; any thread may read the counters.
 */
final class WrittenBooks {
  private final PendingGaps gaps;
  private final CounterArray captured = new CounterArray(BufferKind.COUNT);
  private final CounterArray lost = new CounterArray(LossBooks.SIZE);
  private final long[] pending = new long[BufferKind.COUNT];
  private final long[] inSegment = new long[BufferKind.COUNT];

  WrittenBooks(PendingGaps gaps) {
    this.gaps = gaps;
  }

  /**
   * Continues where another process stopped.
   *
   * @param before last manifest of that process, which holds the losses
   * @param passed records that left the stages
   */
  void resume(BufferKind kind, CaptureManifest before, List<CaptureIntake> intakes, long passed) {
    long left = passed;
    for (LossReason reason : LossReason.ALL) {
      int at = LossBooks.at(kind, reason);
      long here = before.outcome().kind(kind).lost().getOrDefault(reason.label(), 0L);
      for (CaptureIntake intake : intakes) {
        here -= intake.lost().plain(at);
      }
      here = Math.max(0, Math.min(here, left));
      lost.set(at, here);
      left -= here;
    }
    captured.set(kind.ordinal(), left);
  }

  /** Counts a frame that is on its way into the open segment. */
  void taken(ByteBuffer frames, int at) {
    if (isRecords(frames, at)) {
      pending[frames.get(at + FrameHeader.KIND_OFFSET)] +=
          frames.getInt(at + FrameHeader.RECORDS_OFFSET);
    }
  }

  /** Counts all taken frames as captured: they are on disk. */
  void settled() {
    for (int kind = 0; kind < pending.length; kind++) {
      if (pending[kind] != 0) {
        captured.add(kind, pending[kind]);
        inSegment[kind] += pending[kind];
        pending[kind] = 0;
      }
    }
  }

  /** Forgets taken frames that are not on disk: they will be read from the stage again. */
  void untaken() {
    Arrays.fill(pending, 0);
  }

  /** Counts a frame that cannot be written. */
  void lost(ByteBuffer frames, int at, LossReason reason) {
    BufferKind kind = BufferKind.ofNumber(frames.get(at + FrameHeader.KIND_OFFSET));
    int instance = frames.getInt(at + FrameHeader.INSTANCE_OFFSET);
    int sequence = frames.getInt(at + FrameHeader.SEQUENCE_OFFSET);
    long timeNs = frames.getLong(at + FrameHeader.HOST_TIME_OFFSET);
    if (isRecords(frames, at)) {
      int records = frames.getInt(at + FrameHeader.RECORDS_OFFSET);
      lost.add(LossBooks.at(kind, reason), records);
      gaps.add(kind, instance, reason, sequence, records, timeNs);
    } else {
      // A gap whose records the collector already counted; only its position is kept here.
      long records = frames.getLong(at + FrameHeader.VALUE_OFFSET);
      gaps.add(kind, instance, reason, sequence, records, timeNs);
    }
  }

  private static boolean isRecords(ByteBuffer frames, int at) {
    return frames.get(at + FrameHeader.TYPE_OFFSET) == FrameType.RECORDS.number();
  }

  /** Counts the records of the open segment as lost: no reader will find them. */
  void segmentLost(LossReason reason) {
    for (BufferKind kind : BufferKind.ALL) {
      long records = inSegment[kind.ordinal()];
      captured.add(kind.ordinal(), -records);
      lost.add(LossBooks.at(kind, reason), records);
    }
    segmentSealed();
  }

  /** Starts the counts of another segment. */
  void segmentSealed() {
    Arrays.fill(inSegment, 0);
  }

  /** Records in segments, by kind. */
  CounterArray captured() {
    return captured;
  }

  /** Records that reached the writer but were not written, indexed by {@link LossBooks}. */
  CounterArray lost() {
    return lost;
  }
}
