package dev.sluice.agent;

/**
 * How long a thread last intended to sleep. Agents that measure their own pauses subtract this:
 * intended sleep is not a pause, oversleeping is. Used by one thread: its idle strategy writes, its
 * agents read.
 */
public final class ParkMeter {
  private long intendedNanos;

  void set(long nanos) {
    intendedNanos = nanos;
  }

  /** Returns nanoseconds; 0 if the thread did not sleep since the last round of work. */
  public long intendedNanos() {
    return intendedNanos;
  }
}
