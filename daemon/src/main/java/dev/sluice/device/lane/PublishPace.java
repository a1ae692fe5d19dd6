package dev.sluice.device.lane;

import dev.sluice.counters.Watermark;
import java.util.Arrays;

/**
 * The shortest time in which the device filled as many buffers of a pool as the pool has usable
 * free-queue slots: how long the free queue alone can carry it. Used by one drain agent.
 *
 * <p>When a buffer was published is only known to lie between two looks of the drain. The lap runs
 * from the look before its first buffer to the look at its last one, so it is never too short: a
 * drain that was late does not make the device look faster than it is.
 */
final class PublishPace {
  private static final long NEVER = Long.MIN_VALUE;

  private final long[][] notBefore;
  private final int[] next;
  private final Watermark shortest;

  /**
   * @param usableSlots by pool
   */
  PublishPace(int[] usableSlots) {
    notBefore = new long[usableSlots.length][];
    for (int pool = 0; pool < usableSlots.length; pool++) {
      notBefore[pool] = new long[usableSlots[pool]];
      Arrays.fill(notBefore[pool], NEVER);
    }
    next = new int[usableSlots.length];
    shortest = Watermark.lowest(usableSlots.length);
  }

  /** A buffer of this pool was published between these two moments. */
  void published(int pool, long notBeforeNs, long nowNs) {
    long[] lap = notBefore[pool];
    int at = next[pool];
    if (lap[at] != NEVER) {
      shortest.record(pool, nowNs - lap[at]);
    }
    lap[at] = notBeforeNs;
    next[pool] = at + 1 == lap.length ? 0 : at + 1;
  }

  /** In nanoseconds, by pool. */
  Watermark shortest() {
    return shortest;
  }
}
