package dev.sluice.device.lane;

import java.util.Arrays;

/**
 * Estimates how long the device can run without the host, from its recent publish rate: the minimum
 * over all pools of usable free slots x time per buffer. The idle strategy parks for a fraction of
 * it.
 *
 * <p>Written and read by the drain agents' threads. With several drain groups the values may be
 * from different moments; each is a whole long, and a wrong estimate costs one short park.
 */
public final class LaneSlack {
  /** A pool that was silent this long no longer counts. */
  private static final long FORGET_NANOS = 1_000_000_000;

  private final long[] lastNs;
  private final long[] intervalNs;
  private final boolean[] hasPublished;
  private final int[] usableSlots;

  /**
   * @param usableSlots by pool: free-queue slots that the quota lets refill use
   */
  public LaneSlack(int[] usableSlots) {
    this.usableSlots = usableSlots.clone();
    this.lastNs = new long[usableSlots.length];
    this.intervalNs = new long[usableSlots.length];
    this.hasPublished = new boolean[usableSlots.length];
    Arrays.fill(intervalNs, Long.MAX_VALUE);
  }

  /** Notes a published buffer. */
  public void published(int pool, long nowNs) {
    long interval = nowNs - lastNs[pool];
    lastNs[pool] = nowNs;
    if (!hasPublished[pool]) {
      hasPublished[pool] = true;
      return;
    }
    long before = intervalNs[pool];
    // Follow a faster device at once, a slower one by quarters, to err on the short side.
    intervalNs[pool] =
        before == Long.MAX_VALUE || interval < before
            ? interval
            : before + ((interval - before) >> 2);
  }

  /** Returns the current slack; {@link Long#MAX_VALUE} without traffic. */
  public long slackNanos(long nowNs) {
    long slack = Long.MAX_VALUE;
    for (int pool = 0; pool < lastNs.length; pool++) {
      long interval = intervalNs[pool];
      if (interval != Long.MAX_VALUE && nowNs - lastNs[pool] < FORGET_NANOS) {
        slack = Math.min(slack, interval * usableSlots[pool]);
      }
    }
    return slack;
  }
}
