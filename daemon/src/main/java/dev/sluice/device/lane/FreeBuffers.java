package dev.sluice.device.lane;

import dev.sluice.device.ArenaPlan;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * Empty buffers in host hands, one FIFO queue per pool: a buffer returns to its own pool, and the
 * one that has waited longest is lent first. Used by one refill agent.
 *
 * <p>Both rules matter for AICore buffers, which are not zeroed between loans: their old contents
 * are then older than anything that core has written since, so the collector's token filter rejects
 * them (abi.md, rule C2), and never old enough for the 32-bit tokens to wrap.
 */
final class FreeBuffers {
  private final ArenaPlan plan;
  private final int[][] rings;
  private final int[] heads;
  private final int[] counts;

  FreeBuffers(ArenaPlan plan) {
    this.plan = plan;
    int pools = plan.poolCount();
    rings = new int[pools][];
    heads = new int[pools];
    counts = new int[pools];
    for (int pool = 0; pool < pools; pool++) {
      rings[pool] = new int[plan.quota(plan.kindOfPool(pool))];
    }
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      put(buffer);
    }
  }

  /** Resets the queues to the buffers that are free. */
  void keepOnly(IntPredicate isFree) {
    Arrays.fill(counts, 0);
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      if (isFree.test(buffer)) {
        put(buffer);
      }
    }
  }

  /** Returns a buffer to its pool. */
  void put(int buffer) {
    int pool = plan.homePool(buffer);
    int[] ring = rings[pool];
    int at = heads[pool] + counts[pool]++;
    ring[at < ring.length ? at : at - ring.length] = buffer;
  }

  /** Takes a buffer; the caller has checked that {@link #available} is above 0. */
  int take(int pool) {
    int[] ring = rings[pool];
    int buffer = ring[heads[pool]];
    heads[pool] = heads[pool] + 1 == ring.length ? 0 : heads[pool] + 1;
    counts[pool]--;
    return buffer;
  }

  int available(int pool) {
    return counts[pool];
  }
}
