package dev.sluice.agent;

/**
 * How long a thread last meant to sleep. An agent that measures its own pauses takes this off:
 * sleeping on purpose is not a pause, oversleeping is. Used by one thread: its idle strategy
 * writes, its agents read.
 */
public final class ParkMeter {
  private long intendedNanos;

  void set(long nanos) {
    intendedNanos = nanos;
  }

  /** Nanoseconds; 0 if the thread did not sleep since the last round of work. */
  public long intendedNanos() {
    return intendedNanos;
  }
}
