package dev.sluice.tool.diagnose;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The buffers of a session as the daemon plans them.
 *
 * @param arenaBytes size of the whole arena
 * @param pools by kind, only kinds that the device fills
 */
public record Shape(long arenaBytes, List<PoolKind> pools) {
  public Shape {
    pools = List.copyOf(pools);
  }

  /**
   * All pools of one kind.
   *
   * @param pools number of pools
   * @param bufferBytes bytes of records in a full buffer
   * @param usableSlots free-queue slots that the quota lets refill use
   * @param buffers per pool, including the current one
   * @param share of this kind in the device's bytes, 0 to 1
   */
  public record PoolKind(
      String kind, int pools, long bufferBytes, int usableSlots, int buffers, double share) {
    /** Returns the capacity of this kind's free queues, in bytes of the device's whole output. */
    double slotBytes() {
      return (double) usableSlots * bufferBytes * pools / share;
    }

    /** Returns the capacity of all buffers but the current ones, in bytes of the whole output. */
    double spareBytes() {
      return (buffers - 1.0) * bufferBytes * pools / share;
    }

    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("kind", kind);
      object.put("pools", pools);
      object.put("buffer_bytes", bufferBytes);
      object.put("usable_slots", usableSlots);
      object.put("buffers", buffers);
      return object;
    }
  }

  /** Returns the kind whose free queues run empty first. */
  PoolKind firstToStarve() {
    return Collections.min(pools, Comparator.comparingDouble(PoolKind::slotBytes));
  }

  /** Returns the kind whose pools run empty first if nothing is given back. */
  PoolKind firstToExhaust() {
    return Collections.min(pools, Comparator.comparingDouble(PoolKind::spareBytes));
  }
}
