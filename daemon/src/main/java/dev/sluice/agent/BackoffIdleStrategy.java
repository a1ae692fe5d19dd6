package dev.sluice.agent;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Spins, then yields, then parks for longer and longer, up to a bound that the lanes' slack gives.
 *
 * <p>The park is never a fixed number: {@code slackNanos} says how long the device could go on
 * without the host at the rate it showed last, and a park takes at most a quarter of that. Without
 * traffic the slack is unbounded and the longest park is {@code maxParkNanos}; that is the idle
 * cost (one wake-up per park) traded against the fastest first burst that is served without loss:
 * free slots x buffer bytes / maxPark for each pool.
 *
 * <p>Spinning and yielding are nearly free while nobody else wants the CPU. On a crowded machine a
 * thread that never sleeps uses its share of a CPU up, and then waits for the end of somebody
 * else's time slice in the middle of its work. So whenever this thread was let on late (from a
 * yield, from a park, or between two spins), it takes the machine for {@linkplain CrowdSense
 * crowded}: for a while it is urgent, and parks briefly instead of spinning and yielding. A
 * strategy that {@code naps} does so from the start.
 *
 * <p>Linux adds up to 50 us of timer slack to the park of a normal thread; runners take it off
 * their threads where they can, and a park below {@value #MIN_PARK_NANOS} ns is not worth its
 * system call.
 */
public final class BackoffIdleStrategy implements IdleStrategy {
  private static final long MIN_PARK_NANOS = 20_000;
  private static final int SLACK_FRACTION = 4;

  /**
   * Rounds with work, a few microseconds each, after which a thread is taken for one that spins.
   */
  private static final int BUSY_ROUNDS = 2_000;

  private final NanoClock clock;
  private final long spinNanos;
  private final long yieldNanos;
  private final long maxParkNanos;
  private final LongSupplier slackNanos;
  private final ParkMeter meter;
  private final boolean naps;
  private final CrowdSense crowd;

  private long idleSinceNs;
  private boolean isIdle;
  private int busyRounds;
  private long nextParkNanos;

  /** When this thread should at the latest be here again, if nobody else is in between. */
  private long expectedNs;

  /**
   * @param spinNanos busy polls for this long after the last work
   * @param yieldNanos then gives way to others for this long
   * @param maxParkNanos the longest park
   * @param slackNanos how long the device can do without the host; asked only before a park
   * @param meter told of every park
   * @param naps short parks in place of spinning and yielding
   * @param urgency asked for while others want the CPU; not used by a strategy that naps
   */
  public BackoffIdleStrategy(
      NanoClock clock,
      long spinNanos,
      long yieldNanos,
      long maxParkNanos,
      LongSupplier slackNanos,
      ParkMeter meter,
      boolean naps,
      Urgency urgency) {
    this.clock = clock;
    this.spinNanos = spinNanos;
    this.yieldNanos = yieldNanos;
    this.maxParkNanos = maxParkNanos;
    this.slackNanos = slackNanos;
    this.meter = meter;
    this.naps = naps;
    this.crowd = new CrowdSense(urgency);
  }

  @Override
  public void idle(int workCount) {
    meter.set(0);
    if (workCount > 0) {
      isIdle = false;
      if (++busyRounds == BUSY_ROUNDS && !naps) {
        crowd.busy(clock.nanoTime());
      }
      return;
    }
    busyRounds = 0;
    long nowNs = clock.nanoTime();
    if (!isIdle) {
      isIdle = true;
      idleSinceNs = nowNs;
      nextParkNanos = MIN_PARK_NANOS;
    } else if (nowNs - expectedNs > CrowdSense.LATE_NANOS && !naps) {
      crowd.late(nowNs);
    }
    boolean isCrowded = naps || crowd.isCrowded(nowNs);
    long idleNanos = nowNs - idleSinceNs;
    expectedNs = nowNs;
    if (idleNanos < spinNanos && !isCrowded) {
      Thread.onSpinWait();
    } else if (idleNanos < spinNanos + yieldNanos) {
      if (isCrowded) {
        park(nowNs, MIN_PARK_NANOS);
      } else {
        Thread.yield();
      }
    } else {
      long bound = Math.min(maxParkNanos, slackNanos.getAsLong() / SLACK_FRACTION);
      if (bound < MIN_PARK_NANOS) {
        Thread.yield();
        return;
      }
      park(nowNs, Math.min(nextParkNanos, bound));
      nextParkNanos = Math.min(nextParkNanos * 2, maxParkNanos);
    }
  }

  private void park(long nowNs, long nanos) {
    expectedNs = nowNs + nanos;
    meter.set(nanos);
    LockSupport.parkNanos(this, nanos);
  }
}
