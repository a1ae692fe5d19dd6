package dev.sluice.config;

/**
 * {@code sluice.faults}: makes a daemon slow on purpose, so that {@code sluice diagnose} can show
 * its model regimes that are bound by one ceiling each. Everything is off in a real daemon.
 *
 * @param pauseNanos how long the agents of a session stand still, all at the same time; 0 never
 * @param pauseEveryNanos from the begin of one such pause to that of the next
 * @param collectorBytesPerSecond what the collectors of a session take in all; 0 is no limit
 * @param storageBytesPerSecond what the files of a capture take in all; 0 is no limit
 */
public record FaultSettings(
    long pauseNanos,
    long pauseEveryNanos,
    long collectorBytesPerSecond,
    long storageBytesPerSecond) {
  /** What a real daemon has. */
  public static final FaultSettings NONE = new FaultSettings(0, 1_000_000_000L, 0, 0);
}
