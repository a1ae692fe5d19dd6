package dev.sluice.testkit;

import dev.sluice.agent.NanoClock;

/** A clock that only a test advances. Single-threaded. */
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

  /** Runs this at each reading of the clock, to simulate concurrent work. */
  public void whenRead(Runnable work) {
    onRead = work;
  }

  public void advance(long nanos) {
    nowNs += nanos;
  }
}
