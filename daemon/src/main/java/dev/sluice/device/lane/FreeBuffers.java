package dev.sluice.device.lane;

import dev.sluice.abi.BufferKind;
import dev.sluice.device.ArenaPlan;

/**
 * The empty buffers in host hands, one stack per kind; last in, first out, because the buffer that
 * was emptied last is the one still in the caches. Used by one refill agent.
 */
final class FreeBuffers {
  private final int[][] stacks = new int[BufferKind.COUNT][];
  private final int[] tops = new int[BufferKind.COUNT];
  private final byte[] kinds;

  FreeBuffers(ArenaPlan plan) {
    kinds = new byte[plan.bufferCount()];
    for (BufferKind kind : BufferKind.ALL) {
      stacks[kind.ordinal()] = new int[plan.buffers(kind)];
    }
    for (int buffer = plan.bufferCount() - 1; buffer >= 0; buffer--) {
      kinds[buffer] = (byte) plan.kindOfBuffer(buffer).ordinal();
      put(buffer);
    }
  }

  void put(int buffer) {
    int kind = kinds[buffer];
    stacks[kind][tops[kind]++] = buffer;
  }

  /** Takes one; the caller has checked that {@link #available} is above 0. */
  int take(BufferKind kind) {
    return stacks[kind.ordinal()][--tops[kind.ordinal()]];
  }

  int available(BufferKind kind) {
    return tops[kind.ordinal()];
  }
}
