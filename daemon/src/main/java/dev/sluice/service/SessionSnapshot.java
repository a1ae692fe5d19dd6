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
 * @param runtime which runtime wrote the records; empty where the layout does not tell
 * @param state one word for people and scripts, e.g. {@code running}
 * @param durationSeconds from attach to now, or to its end
 * @param kinds by {@link Labels#KINDS}
 * @param abiViolations by {@link Labels#ABI_VIOLATIONS}
 * @param verifiedRecords synthetic records that were compared with what they must be
 * @param mismatchedRecords those of them that were something else
 * @param deviceStallSeconds time the device's threads waited for the host, summed over them
 * @param headroom of the run under way, or what was the worst of the last one
 * @param rates of the last second; zero of a session that ended
 * @param capture empty if the session is not captured
 * @param runs how many have begun
 * @param lastRun what the client said of the last of them
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
