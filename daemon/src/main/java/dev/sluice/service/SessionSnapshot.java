package dev.sluice.service;

import dev.sluice.abi.RunId;
import dev.sluice.headroom.Headroom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One session, open or ended, at one moment.
 *
 * @param layout e.g. {@code l2-2026.06/a2a3}
 * @param runtime runtime that wrote the records; empty if the layout does not determine it
 * @param state one word for people and scripts, e.g. {@code running}
 * @param durationSeconds from attach to now, or to its end
 * @param kinds by {@link Labels#KINDS}
 * @param abiViolations by {@link Labels#ABI_VIOLATIONS}
 * @param verifiedRecords synthetic records that were checked
 * @param mismatchedRecords checked records that were wrong
 * @param deviceStallSeconds time the device's threads waited for the host, summed over threads
 * @param headroom of the open run, or the worst of the last one
 * @param rates over the last second; zero for a session that has ended
 * @param capture empty if the session is not captured
 * @param runs number of runs started
 * @param lastRun the client's description of the last run
 */
public record SessionSnapshot(
    int id,
    int device,
    String name,
    String layout,
    String runtime,
    int level,
    int numCores,
    int schedThreads,
    String state,
    Instant startedAt,
    double durationSeconds,
    Map<String, KindTotals> kinds,
    Map<String, Long> abiViolations,
    long verifiedRecords,
    long mismatchedRecords,
    double deviceStallSeconds,
    LatencySnapshot refillLatency,
    LatencySnapshot drainPause,
    ArenaSnapshot arena,
    List<QueueSnapshot> queues,
    Headroom headroom,
    Map<String, TaskTotals> tasks,
    SessionRates rates,
    Optional<CaptureSnapshot> capture,
    int runs,
    RunId lastRun) {
  public SessionSnapshot {
    kinds = Map.copyOf(kinds);
    abiViolations = Map.copyOf(abiViolations);
    queues = List.copyOf(queues);
  }
}
