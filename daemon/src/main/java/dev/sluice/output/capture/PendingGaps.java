package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Consecutive lost records of each pool that have no GAP frame yet. Each component that can lose
 * records keeps its own instance; the frame is written before the pool's next records. One thread
 * at a time.
 */
final class PendingGaps {
  private final int instances;
  private final long[] records;
  private final int[] buffers;
  private final int[] firstSequence;
  private final long[] firstNs;
  private final LossReason[] reasons;

  PendingGaps(Geometry geometry) {
    instances = Math.max(geometry.numCores(), geometry.layout().queueCount());
    int pools = BufferKind.COUNT * instances;
    records = new long[pools];
    buffers = new int[pools];
    firstSequence = new int[pools];
    firstNs = new long[pools];
    reasons = new LossReason[pools];
  }

  /** Maximum instances of a pool, over all kinds. */
  int instances() {
    return instances;
  }

  private int at(BufferKind kind, int instance) {
    return kind.ordinal() * instances + instance;
  }

  /** Adds a lost buffer. The first reason of consecutive losses names the gap. */
  void add(
      BufferKind kind, int instance, LossReason reason, int sequence, long lost, long hostTimeNs) {
    int at = at(kind, instance);
    if (reasons[at] == null) {
      reasons[at] = reason;
      firstSequence[at] = sequence;
      firstNs[at] = hostTimeNs;
    }
    records[at] += lost;
    buffers[at]++;
  }

  boolean isOpen(BufferKind kind, int instance) {
    return reasons[at(kind, instance)] != null;
  }

  boolean isAnyOpen() {
    for (LossReason reason : reasons) {
      if (reason != null) {
        return true;
      }
    }
    return false;
  }

  /** Writes the GAP frame of a pool, without its place in a segment. The gap stays open. */
  void putFrame(BufferKind kind, int instance, ByteBuffer into, int at) {
    int pool = at(kind, instance);
    FrameHeader.begin(
        into,
        at,
        FrameType.GAP,
        0,
        kind.ordinal(),
        FrameHeader.FIRST_LOSS_REASON + reasons[pool].ordinal(),
        instance,
        -1,
        firstSequence[pool],
        buffers[pool],
        firstNs[pool],
        records[pool],
        0,
        0);
  }

  /** Clears the gap: its frame is on its way. */
  void close(BufferKind kind, int instance) {
    int at = at(kind, instance);
    reasons[at] = null;
    records[at] = 0;
    buffers[at] = 0;
  }

  /** Clears all gaps: their frames are on disk. */
  void clear() {
    Arrays.fill(reasons, null);
    Arrays.fill(records, 0);
    Arrays.fill(buffers, 0);
  }
}
