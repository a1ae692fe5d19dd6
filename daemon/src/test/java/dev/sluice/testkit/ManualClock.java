package dev.sluice.testkit;

import dev.sluice.agent.NanoClock;

/** A clock that moves only when a test says so. One thread. */
public final class ManualClock implements NanoClock {
  private long nowNs;
  private Runnable onRead = () -> {};
  private boolean isReading;

  public ManualClock() {
    this(1_000_000_000L);
  }

  public ManualClock(long startNs) {
    nowNs = startNs;
  }

  @Override
  public long nanoTime() {
    if (!isReading) {
      isReading = true;
      onRead.run();
      isReading = false;
    }
    return nowNs;
  }

  /** Does this at each reading of the clock: what happens elsewhere meanwhile. */
  public void whenRead(Runnable work) {
    onRead = work;
  }

  public void advance(long nanos) {
    nowNs += nanos;
  }
}
