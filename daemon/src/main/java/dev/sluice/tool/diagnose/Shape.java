package dev.sluice.tool.diagnose;

import java.util.List;

/**
 * The buffers of a session, as the daemon plans them.
 *
 * @param arenaBytes all of it
 * @param pools by kind, only kinds that the device fills
 */
public record Shape(long arenaBytes, List<PoolKind> pools) {
  public Shape {
    pools = List.copyOf(pools);
  }

  /**
   * All pools of one kind.
   *
   * @param pools how many
   * @param bufferBytes bytes of records in a full buffer
   * @param usableSlots free-queue slots that the quota lets refill use
   * @param buffers per pool, the current one included
   * @param share of the device's bytes that are of this kind, 0 to 1
   */
  public record PoolKind(
      String kind, int pools, long bufferBytes, int usableSlots, int buffers, double share) {
    /** Bytes that the free queues of this kind take, per byte of the device's whole rate. */
    double slotBytes() {
      return (double) usableSlots * bufferBytes * pools / share;
    }

    /** The same for every buffer but the current one. */
    double spareBytes() {
      return (buffers - 1.0) * bufferBytes * pools / share;
    }
  }

  /** The kind whose free queues are empty first. */
  PoolKind firstToStarve() {
    PoolKind first = pools.get(0);
    for (PoolKind kind : pools) {
      if (kind.slotBytes() < first.slotBytes()) {
        first = kind;
      }
    }
    return first;
  }

  /** The kind whose pools are empty first when nothing is given back. */
  PoolKind firstToExhaust() {
    PoolKind first = pools.get(0);
    for (PoolKind kind : pools) {
      if (kind.spareBytes() < first.spareBytes()) {
        first = kind;
      }
    }
    return first;
  }

  /** Bytes of records in all buffers together. */
  double totalBytes() {
    return pools.stream()
        .mapToDouble(kind -> (double) kind.buffers() * kind.bufferBytes() * kind.pools())
        .sum();
  }
}
