package dev.sluice.testkit;

import dev.sluice.agent.NanoClock;

/** A clock that moves only when a test says so. One thread. */
public final class ManualClock implements NanoClock {
  private long nowNs;

  public ManualClock() {
    this(1_000_000_000L);
  }

  public ManualClock(long startNs) {
    nowNs = startNs;
  }

  @Override
  public long nanoTime() {
    return nowNs;
  }

  public void advance(long nanos) {
    nowNs += nanos;
  }
}
