package dev.sluice.agent;

import dev.sluice.counters.CounterArray;

/**
 * How a thread rests: the park that it intended last, and the time that it had no work. An agent
 * that measures its own pauses subtracts the intended park: sleeping on purpose is not a pause,
 * oversleeping is. The idle strategy of the thread writes.
 */
public final class ParkMeter {
  private static final int IDLE_NANOS = 0;

  private final CounterArray counters = new CounterArray(1);
  private long intendedNanos;

  void set(long nanos) {
    intendedNanos = nanos;
  }

  void addIdle(long nanos) {
    counters.add(IDLE_NANOS, nanos);
  }

  /** Nanoseconds; 0 if the thread did not sleep since the last round of work. The thread itself. */
  public long intendedNanos() {
    return intendedNanos;
  }

  /**
   * Nanoseconds without work since the thread began: empty rounds, yields, and parks without what
   * they overslept. Any thread.
   */
  public long idleNanos() {
    return counters.get(IDLE_NANOS);
  }
}
