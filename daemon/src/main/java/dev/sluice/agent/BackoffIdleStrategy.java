package dev.sluice.agent;

import java.util.concurrent.locks.LockSupport;

/**
 * Spins, then yields, then parks with increasing duration, up to a bound derived from the lanes'
 * slack.
 *
 * <p>{@link SleepBounds} give the time that the device could run without the host at its recent
 * rate; a park takes at most a quarter of that. Without traffic the slack is unbounded and the
 * longest park is {@code maxParkNanos}, which trades the idle cost (one wake-up per park) against
 * the fastest first burst served without loss: free slots x buffer bytes / maxPark for each pool.
 *
 * <p>A yield is nearly free while no other thread wants the CPU, but on a crowded machine it gives
 * away a whole time slice of several milliseconds. So after a long yield, the thread takes short
 * parks for a while instead: a thread that slept gets the CPU back at once. A strategy that {@code
 * naps} treats the machine as crowded from the start and does not spin either: a thread that never
 * sleeps uses up its share of a CPU and is then preempted for another thread's time slice in the
 * middle of its work.
 *
 * <p>Linux adds up to 50 us of timer slack to the park of a normal thread; runners remove it where
 * they can. A park below {@value #MIN_PARK_NANOS} ns is not worth its system call.
 */
public final class BackoffIdleStrategy implements IdleStrategy {
  private static final long MIN_PARK_NANOS = 20_000;
  private static final int SLACK_FRACTION = 4;
  private static final long LONG_YIELD_NANOS = 200_000;
  private static final long CROWDED_NANOS = 100_000_000;

  private final NanoClock clock;
  private final long spinNanos;
  private final long yieldNanos;
  private final long maxParkNanos;
  private final SleepBounds bounds;
  private final ParkMeter meter;
  private final boolean naps;

  private long idleSinceNs;
  private long restedNs;
  private boolean isIdle;
  private long nextParkNanos;
  private long crowdedSinceNs;

  /**
   * @param spinNanos busy polling for this long after the last work
   * @param yieldNanos then yielding for this long
   * @param maxParkNanos the longest park
   * @param bounds how long the device can run without the host
   * @param meter receives the length of every park
   * @param naps short parks instead of spinning and yielding
   */
  public BackoffIdleStrategy(
      NanoClock clock,
      long spinNanos,
      long yieldNanos,
      long maxParkNanos,
      SleepBounds bounds,
      ParkMeter meter,
      boolean naps) {
    this.clock = clock;
    this.spinNanos = spinNanos;
    this.yieldNanos = yieldNanos;
    this.maxParkNanos = maxParkNanos;
    this.bounds = bounds;
    this.meter = meter;
    this.naps = naps;
    this.crowdedSinceNs = clock.nanoTime() - CROWDED_NANOS;
  }

  @Override
  public void idle(int workCount) {
    meter.set(0);
    if (workCount > 0) {
      isIdle = false;
      return;
    }
    long nowNs = clock.nanoTime();
    if (!isIdle) {
      isIdle = true;
      idleSinceNs = nowNs;
      restedNs = nowNs;
      nextParkNanos = MIN_PARK_NANOS;
    }
    long emptyNs = nowNs - restedNs;
    rest(nowNs);
    restedNs = clock.nanoTime();
    long passedNs = restedNs - nowNs;
    long intendedNs = meter.intendedNanos();
    // Oversleeping is not idle: the thread had no CPU.
    meter.addIdle(emptyNs + (intendedNs == 0 ? passedNs : Math.min(passedNs, intendedNs)));
  }

  private void rest(long nowNs) {
    long idleNanos = nowNs - idleSinceNs;
    if (idleNanos < spinNanos && !naps) {
      Thread.onSpinWait();
    } else if (idleNanos < spinNanos + yieldNanos) {
      yieldOrNap(nowNs);
    } else {
      long bound = Math.min(maxParkNanos, bounds.slackNanos() / SLACK_FRACTION);
      if (bound < MIN_PARK_NANOS) {
        Thread.yield();
        return;
      }
      long parkNanos = Math.min(nextParkNanos, bound);
      meter.set(parkNanos);
      LockSupport.parkNanos(this, parkNanos);
      nextParkNanos = Math.min(nextParkNanos * 2, maxParkNanos);
    }
  }

  private void yieldOrNap(long nowNs) {
    if (naps || nowNs - crowdedSinceNs < CROWDED_NANOS) {
      meter.set(MIN_PARK_NANOS);
      LockSupport.parkNanos(this, MIN_PARK_NANOS);
      return;
    }
    Thread.yield();
    long afterNs = clock.nanoTime();
    if (afterNs - nowNs > LONG_YIELD_NANOS) {
      crowdedSinceNs = afterNs;
    }
  }
}
