package dev.sluice.tool.diagnose;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  /** The kind whose free queues are empty first. */
  PoolKind firstToStarve() {
    return Collections.min(pools, Comparator.comparingDouble(PoolKind::slotBytes));
  }

  /** The kind whose pools are empty first when nothing is given back. */
  PoolKind firstToExhaust() {
    return Collections.min(pools, Comparator.comparingDouble(PoolKind::spareBytes));
  }
}
