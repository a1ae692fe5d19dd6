package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Allocations;
import dev.sluice.testkit.ManualClock;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Reads intended sleeps from the meter; an unpark permit granted beforehand prevents actual
 * sleeping.
 */
class BackoffIdleStrategyTest {
  private static final long SPIN = 50_000;
  private static final long YIELD = 1_000_000;
  private static final long MAX_PARK = 5_000_000;
  private static final long MIN_PARK = 20_000;

  private final ManualClock clock = new ManualClock();
  private final ParkMeter meter = new ParkMeter();
  private long slackNanos = Long.MAX_VALUE;
  private int asked;
  private long resting;

  private BackoffIdleStrategy strategy() {
    SleepBounds slack =
        () -> {
          asked++;
          clock.advance(resting);
          return slackNanos;
        };
    return new BackoffIdleStrategy(clock, SPIN, YIELD, MAX_PARK, slack, meter, false);
  }

  /** Runs one idle round; returns the intended park, 0 for none. */
  private long idle(IdleStrategy strategy) {
    LockSupport.unpark(Thread.currentThread());
    strategy.idle(0);
    return meter.intendedNanos();
  }

  /** Advances past spinning and yielding. */
  private void untilParks(IdleStrategy strategy) {
    idle(strategy);
    clock.advance(SPIN + YIELD);
  }

  @Test
  void shouldSpinThenYieldThenPark() {
    BackoffIdleStrategy strategy = strategy();
    assertEquals(0, idle(strategy));
    clock.advance(SPIN);
    assertEquals(0, idle(strategy));
    clock.advance(YIELD - 1);
    assertEquals(0, idle(strategy));
    assertEquals(0, asked, "the slack is asked for only before a park");
    clock.advance(1);
    assertEquals(MIN_PARK, idle(strategy));
  }

  @Test
  void shouldParkLongerAndLongerUpToTheBound() {
    BackoffIdleStrategy strategy = strategy();
    untilParks(strategy);
    long expected = MIN_PARK;
    for (int i = 0; i < 12; i++) {
      assertEquals(Math.min(expected, MAX_PARK), idle(strategy));
      expected *= 2;
    }
  }

  @Test
  void shouldCountTheTimeWithoutWork() {
    BackoffIdleStrategy strategy = strategy();
    clock.advance(300);
    idle(strategy);
    assertEquals(0, meter.idleNanos(), "the round before had work");
    clock.advance(20);
    idle(strategy);
    assertEquals(20, meter.idleNanos(), "an empty round");
    clock.advance(5);
    strategy.idle(1);
    clock.advance(7);
    strategy.idle(1);
    clock.advance(9);
    idle(strategy);
    assertEquals(20, meter.idleNanos(), "rounds with work do not count");
    clock.advance(SPIN + YIELD);
    idle(strategy);
    assertEquals(20 + SPIN + YIELD, meter.idleNanos());
  }

  /** A thread that sleeps for longer than it asked for waits for a CPU. */
  @Test
  void shouldNotCountOversleepingAsIdle() {
    BackoffIdleStrategy strategy = strategy();
    untilParks(strategy);
    idle(strategy);
    long before = meter.idleNanos();
    resting = 2 * MIN_PARK + 50_000;
    assertEquals(2 * MIN_PARK, idle(strategy));
    assertEquals(before + 2 * MIN_PARK, meter.idleNanos());
    slackNanos = 0;
    resting = 50_000;
    assertEquals(0, idle(strategy), "yields");
    assertEquals(before + 2 * MIN_PARK + 50_000, meter.idleNanos());
  }

  @Test
  void shouldStartOverAfterWork() {
    BackoffIdleStrategy strategy = strategy();
    untilParks(strategy);
    idle(strategy);
    idle(strategy);
    strategy.idle(1);
    assertEquals(0, meter.intendedNanos(), "no park after work");
    assertEquals(0, idle(strategy), "spins again");
    clock.advance(SPIN + YIELD);
    assertEquals(MIN_PARK, idle(strategy));
  }

  @Test
  void shouldParkForAQuarterOfTheSlackAtMost() {
    BackoffIdleStrategy strategy = strategy();
    untilParks(strategy);
    slackNanos = 8 * MIN_PARK;
    for (int i = 0; i < 5; i++) {
      assertTrue(idle(strategy) <= 2 * MIN_PARK);
    }
    assertEquals(2 * MIN_PARK, idle(strategy));
  }

  @Test
  void shouldNotParkWhenTheSlackIsShorterThanTheKernelCanSleep() {
    BackoffIdleStrategy strategy = strategy();
    untilParks(strategy);
    for (long slack : new long[] {0, 4 * MIN_PARK - 4}) {
      slackNanos = slack;
      assertEquals(0, idle(strategy), "slack " + slack);
    }
  }

  /**
   * A late return from yield means that other threads wait for the CPU: sleep instead, for a while.
   */
  @Test
  void shouldNapInsteadOfYieldingOnACrowdedMachine() {
    long[] readTakesNs = {0};
    NanoClock slow =
        () -> {
          clock.advance(readTakesNs[0]);
          return clock.nanoTime();
        };
    BackoffIdleStrategy strategy =
        new BackoffIdleStrategy(slow, 0, 1_000_000_000, MAX_PARK, () -> slackNanos, meter, false);
    assertEquals(0, idle(strategy), "the CPU was free");
    readTakesNs[0] = 300_000;
    assertEquals(0, idle(strategy), "this yield took long");
    readTakesNs[0] = 0;
    assertEquals(MIN_PARK, idle(strategy));
    clock.advance(99_000_000);
    assertEquals(MIN_PARK, idle(strategy));
    clock.advance(2_000_000);
    assertEquals(0, idle(strategy), "tries to yield again");
  }

  @Test
  void shouldNapAtOnceWhereItMustNotSpin() {
    BackoffIdleStrategy strategy =
        new BackoffIdleStrategy(clock, SPIN, YIELD, MAX_PARK, () -> slackNanos, meter, true);
    assertEquals(MIN_PARK, idle(strategy));
    clock.advance(SPIN + YIELD - 1);
    assertEquals(MIN_PARK, idle(strategy), "no longer as long as the device may go on");
    clock.advance(1);
    idle(strategy);
    assertEquals(2 * MIN_PARK, idle(strategy), "then as ever");
    strategy.idle(1);
    assertEquals(0, meter.intendedNanos(), "no park after work");
    assertEquals(MIN_PARK, idle(strategy));
  }

  @Test
  void shouldNotAllocate() {
    BackoffIdleStrategy strategy = strategy();
    Runnable rounds =
        () -> {
          for (int i = 0; i < 10_000; i++) {
            strategy.idle(i % 100 == 0 ? 1 : 0);
          }
        };
    assertEquals(0, Allocations.leastBytesOf(rounds));
  }
}
