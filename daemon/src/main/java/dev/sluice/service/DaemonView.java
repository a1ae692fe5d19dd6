package dev.sluice.service;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What scrapes and status pages read. Every method may be called from any thread at any time, takes
 * no lock that an agent takes, and returns immutable values; the totals of a device never decrease.
 */
public interface DaemonView {
  BuildInfo build();

  Instant startedAt();

  /** Open sessions, oldest first. */
  List<SessionSnapshot> sessions();

  /** The open sessions without their counters, which are costly to read. */
  default List<SessionInfo> sessionInfos() {
    return sessions().stream()
        .map(
            session ->
                new SessionInfo(
                    session.id(),
                    session.device(),
                    session.name(),
                    session.layout(),
                    session.runtime()))
        .toList();
  }

  /** Ended sessions, newest first, the last 64. */
  List<SessionSnapshot> recentSessions();

  /** Every device that is configured by number or had a session, by device number. */
  List<DeviceSnapshot> devices();

  List<AgentSnapshot> agents();

  /** Captures of all sessions; {@link StorageSnapshot#NONE} where nothing is captured. */
  default StorageSnapshot storage() {
    return StorageSnapshot.NONE;
  }

  /** How the configuration stands. */
  default ConfigSnapshot config() {
    return ConfigSnapshot.readAt(startedAt());
  }

  /**
   * What is kept of dropped records.
   *
   * @param limit at most so many events
   */
  default DropsSnapshot drops(int limit) {
    return DropsSnapshot.NONE;
  }

  /** Rates of the open sessions in the last minutes. */
  default List<RateHistory.Points> rateHistory() {
    return List.of();
  }

  /** When a capture last lost records; empty if none did. */
  default Optional<Instant> lastCaptureLoss() {
    return Optional.empty();
  }

  /** What was captured so far; its methods, unlike these, may wait for a disk. */
  default CaptureArchive archive() {
    return CaptureArchive.NONE;
  }

  /** Why the daemon cannot serve yet or any more; empty when it is ready. */
  List<String> notReadyReasons();

  /**
   * Devices that are down, or are about to be found so, one line each. No reason to restart the
   * daemon: it continues with the others.
   */
  default List<String> deviceTroubles() {
    return List.of();
  }

  /** Threads that hang in a call to a device and were left to themselves. */
  default int abandonedThreads() {
    return 0;
  }

  /** What the host could not give, one line each, e.g. {@code huge pages not available: ...}. */
  List<String> notices();

  /** Refused requests on the attach socket, by reason; see {@link AttachFailures}. */
  Map<String, Long> attachFailures();
}
