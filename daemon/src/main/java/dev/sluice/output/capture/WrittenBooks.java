package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.counters.CounterArray;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What became of the records that reached the writer: in a segment, or lost, with the reason. Where
 * records were lost stays in the pending gaps until a frame says it.
 *
 * <p>The writer's thread; the counters may be read by any.
 */
final class WrittenBooks {
  private final PendingGaps gaps;
  private final CounterArray captured = new CounterArray(BufferKind.COUNT);
  private final CounterArray lost = new CounterArray(LossBooks.SIZE);
  private final long[] inSegment = new long[BufferKind.COUNT];

  WrittenBooks(PendingGaps gaps) {
    this.gaps = gaps;
  }

  /** Whole frames are in the open segment. */
  void captured(ByteBuffer frames, int at, int bytes) {
    for (int i = at; i < at + bytes; i += frameBytes(frames, i)) {
      if (isRecords(frames, i)) {
        int kind = frames.get(i + FrameHeader.KIND_OFFSET);
        int records = frames.getInt(i + FrameHeader.RECORDS_OFFSET);
        captured.add(kind, records);
        inSegment[kind] += records;
      }
    }
  }

  /** Whole frames that could not be written. */
  void lost(ByteBuffer frames, int at, int bytes, LossReason reason) {
    for (int i = at; i < at + bytes; i += frameBytes(frames, i)) {
      BufferKind kind = BufferKind.ofWireNumber(frames.get(i + FrameHeader.KIND_OFFSET));
      int instance = frames.getInt(i + FrameHeader.INSTANCE_OFFSET);
      int sequence = frames.getInt(i + FrameHeader.SEQUENCE_OFFSET);
      long timeNs = frames.getLong(i + FrameHeader.HOST_TIME_OFFSET);
      if (isRecords(frames, i)) {
        int records = frames.getInt(i + FrameHeader.RECORDS_OFFSET);
        lost.add(LossBooks.at(kind, reason), records);
        gaps.add(kind, instance, reason, sequence, records, timeNs);
      } else {
        // A gap that the collector saw and counted; its place is not to be lost with it.
        long records = frames.getLong(i + FrameHeader.VALUE_OFFSET);
        gaps.add(kind, instance, reason, sequence, records, timeNs);
      }
    }
  }

  private static boolean isRecords(ByteBuffer frames, int at) {
    return frames.get(at + FrameHeader.TYPE_OFFSET) == FrameType.RECORDS.number();
  }

  private static int frameBytes(ByteBuffer frames, int at) {
    return FrameHeader.frameBytes(frames.getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET));
  }

  /** What the open segment held will never be read. */
  void segmentLost(LossReason reason) {
    for (BufferKind kind : BufferKind.ALL) {
      long records = inSegment[kind.ordinal()];
      captured.add(kind.ordinal(), -records);
      lost.add(LossBooks.at(kind, reason), records);
    }
    segmentSealed();
  }

  /** What comes next is in another segment. */
  void segmentSealed() {
    Arrays.fill(inSegment, 0);
  }

  /** Records in segments, by kind. */
  CounterArray captured() {
    return captured;
  }

  /** Records that came here and were not written, by {@link LossBooks}. */
  CounterArray lost() {
    return lost;
  }
}
