package dev.sluice.service;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Read model of scrapes and status pages. Every method may be called from any thread at any time,
 * takes no lock that an agent takes, and returns immutable values; the totals of a device never
 * decrease.
 */
public interface DaemonView {
  BuildInfo build();

  Instant startedAt();

  /** Open sessions, oldest first. */
  List<SessionSnapshot> sessions();

  /** Returns the open sessions without their counters, which are costly to read. */
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

  /** Returns the last 64 ended sessions, newest first. */
  List<SessionSnapshot> recentSessions();

  /** Returns every device that is configured by number or had a session, by device number. */
  List<DeviceSnapshot> devices();

  List<AgentSnapshot> agents();

  /** Returns the captures of all sessions; {@link StorageSnapshot#NONE} if nothing is captured. */
  default StorageSnapshot storage() {
    return StorageSnapshot.NONE;
  }

  /** Returns the state of the configuration. */
  default ConfigSnapshot config() {
    return ConfigSnapshot.readAt(startedAt());
  }

  /**
   * Returns the recorded drops.
   *
   * @param limit maximum number of events
   */
  default DropsSnapshot drops(int limit) {
    return DropsSnapshot.NONE;
  }

  /** Returns the rates of the open sessions over the last minutes. */
  default List<RateHistory.Points> rateHistory() {
    return List.of();
  }

  /** Returns when a capture last lost records; empty if none did. */
  default Optional<Instant> lastCaptureLoss() {
    return Optional.empty();
  }

  /** Returns the captures so far; unlike these methods, the archive's may wait for a disk. */
  default CaptureArchive archive() {
    return CaptureArchive.NONE;
  }

  /** Returns why the daemon cannot serve yet or any more; empty when it is ready. */
  List<String> notReadyReasons();

  /**
   * Returns the devices that are down or suspected to be, one line each. This is no reason to
   * restart the daemon: it continues with the others.
   */
  default List<String> deviceTroubles() {
    return List.of();
  }

  /** Returns the number of threads that hang in a device call and were abandoned. */
  default int abandonedThreads() {
    return 0;
  }

  /** What the host could not provide, one line each, e.g. {@code huge pages not available: ...}. */
  List<String> notices();

  /** Returns the refused requests on the attach socket, by reason; see {@link AttachFailures}. */
  Map<String, Long> attachFailures();
}
