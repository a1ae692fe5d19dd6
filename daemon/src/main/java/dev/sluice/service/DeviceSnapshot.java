package dev.sluice.service;

import dev.sluice.headroom.Headroom;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * One device over all its sessions since the daemon started. Counters never decrease; gauges cover
 * the open sessions. A label missing from a map is exported as 0.
 *
 * @param downCause why sessions on it are refused: it has failed and not recovered; empty if it is
 *     usable
 * @param kinds totals by {@link Labels#KINDS}
 * @param freeQueues by kind
 * @param buffers by kind, then by {@link Labels#BUFFER_STATES}
 * @param refillLatencyNanos by kind; from "full buffer published" to "replacement visible". A copy
 *     that is not written any more
 * @param drainPauseNanos time between polls of the drain loop; also a copy
 * @param stalls by {@link Labels#GATES}
 * @param longestEmptySeconds the longest time for which a free queue was empty
 * @param tasks by {@link Labels#CORE_TYPES}
 * @param headroom the smallest of its sessions, for each ceiling; a session that has just ended
 *     counts until the window is over
 */
public record DeviceSnapshot(
    int device,
    String downCause,
    int sessions,
    Map<String, KindTotals> kinds,
    List<QueueSnapshot> readyQueues,
    Map<String, FreeQueueSnapshot> freeQueues,
    Map<String, Map<String, Long>> buffers,
    Map<String, Histogram> refillLatencyNanos,
    Histogram drainPauseNanos,
    Map<String, StallTotals> stalls,
    long handoffEntries,
    long handoffCapacityEntries,
    double longestEmptySeconds,
    Map<String, Long> abiViolations,
    Map<String, TaskTotals> tasks,
    Headroom headroom) {
  public DeviceSnapshot {
    kinds = Map.copyOf(kinds);
    readyQueues = List.copyOf(readyQueues);
    freeQueues = Map.copyOf(freeQueues);
    buffers = Map.copyOf(buffers);
    refillLatencyNanos = Map.copyOf(refillLatencyNanos);
    stalls = Map.copyOf(stalls);
    abiViolations = Map.copyOf(abiViolations);
    tasks = Map.copyOf(tasks);
  }

  /** Whether it is usable, as far as is known. */
  public boolean up() {
    return downCause.isEmpty();
  }

  /** Lowest fill of any free queue of a kind within the watermark window, and capacity of each. */
  public record FreeQueueSnapshot(long entriesMin, long capacityEntries) {}

  /** How often and how long the device waited at one gate. */
  public record StallTotals(long count, double seconds) {}
}
