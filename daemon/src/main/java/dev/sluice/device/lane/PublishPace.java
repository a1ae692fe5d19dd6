package dev.sluice.device.lane;

import dev.sluice.counters.Watermark;
import java.util.Arrays;

/**
 * Measures the shortest time in which the device filled as many buffers of a pool as it has usable
 * free-queue slots: how long the free queue alone can sustain it. Used by one drain agent.
 *
 * <p>A publication is only known to lie between two polls of the drain. A lap runs from the poll
 * before its first buffer to the poll that finds its last one, so it is never underestimated: a
 * late drain does not make the device appear faster than it is.
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

  /** Notes a buffer published between these two moments. */
  void published(int pool, long notBeforeNs, long nowNs) {
    long[] lap = notBefore[pool];
    int at = next[pool];
    if (lap[at] != NEVER) {
      shortest.record(pool, nowNs - lap[at]);
    }
    lap[at] = notBeforeNs;
    next[pool] = at + 1 == lap.length ? 0 : at + 1;
  }

  /** Returns the shortest laps by pool, in nanoseconds. */
  Watermark shortest() {
    return shortest;
  }
}
