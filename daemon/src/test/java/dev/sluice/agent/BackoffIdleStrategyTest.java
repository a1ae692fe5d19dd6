package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Allocations;
import dev.sluice.testkit.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** The meter tells what the strategy meant to sleep; a permit given before makes it not sleep. */
class BackoffIdleStrategyTest {
  private static final long SPIN = 50_000;
  private static final long YIELD = 1_000_000;
  private static final long MAX_PARK = 5_000_000;
  private static final long MIN_PARK = 20_000;
  private static final long LATE = CrowdSense.LATE_NANOS + 1;
  private static final long STEP = 10_000;
  private static final long SECOND = 1_000_000_000;

  private final ManualClock clock = new ManualClock();
  private final ParkMeter meter = new ParkMeter();
  private long slackNanos = Long.MAX_VALUE;
  private int asked;
  private final List<String> asks = new ArrayList<>();
  private final Urgency urgency =
      new Urgency() {
        @Override
        public void urgent() {
          asks.add("urgent");
        }

        @Override
        public void usual() {
          asks.add("usual");
        }
      };

  private BackoffIdleStrategy strategy() {
    LongSupplier slack =
        () -> {
          asked++;
          return slackNanos;
        };
    return new BackoffIdleStrategy(clock, SPIN, YIELD, MAX_PARK, slack, meter, false, urgency);
  }

  /** One idle round; the park it wants, 0 if it does not sleep. */
  private long idle(IdleStrategy strategy) {
    LockSupport.unpark(Thread.currentThread());
    strategy.idle(0);
    return meter.intendedNanos();
  }

  /** Idles through spinning and yielding. */
  private void untilParks(IdleStrategy strategy) {
    idleFor(strategy, SPIN + YIELD - 1);
    clock.advance(1);
  }

  @Test
  void shouldSpinThenYieldThenPark() {
    BackoffIdleStrategy strategy = strategy();
    assertEquals(0, idle(strategy));
    clock.advance(SPIN);
    assertEquals(0, idle(strategy));
    assertEquals(0, idleFor(strategy, YIELD - 1));
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
  void shouldStartOverAfterWork() {
    BackoffIdleStrategy strategy = strategy();
    untilParks(strategy);
    idle(strategy);
    idle(strategy);
    strategy.idle(1);
    assertEquals(0, meter.intendedNanos(), "no park after work");
    assertEquals(0, idle(strategy), "spins again");
    idleFor(strategy, SPIN + YIELD - 1);
    clock.advance(1);
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

  /** Idle rounds, each at the time at which the strategy means to be back; what the last wants. */
  private long idleFor(IdleStrategy strategy, long nanos) {
    long end = clock.nanoTime() + nanos;
    long park = idle(strategy);
    while (clock.nanoTime() < end) {
      clock.advance(Math.min(Math.max(park, STEP), end - clock.nanoTime()));
      park = idle(strategy);
    }
    return park;
  }

  private static void late(ManualClock clock) {
    clock.advance(LATE);
  }

  /** Let on late means that others want the CPU: be urgent and sleep instead, for a while. */
  @Test
  void shouldBeUrgentAndNapWhileOthersWantTheCpu() {
    BackoffIdleStrategy strategy = strategy();
    assertEquals(0, idleFor(strategy, SPIN / 2), "nobody is there");
    assertEquals(List.of(), asks);
    late(clock);
    assertEquals(MIN_PARK, idle(strategy), "taken off the CPU between two spins");
    assertEquals(List.of("urgent"), asks);
    strategy.idle(1);
    assertEquals(MIN_PARK, idle(strategy), "no spinning after work");
    clock.advance(SECOND);
    strategy.idle(1);
    assertEquals(0, idle(strategy), "sees whether they are gone");
    assertEquals(List.of("urgent", "usual"), asks);
  }

  @Test
  void shouldSeeTheOthersFromAYieldAndFromAPark() {
    BackoffIdleStrategy yields = strategy();
    assertEquals(0, idleFor(yields, 2 * SPIN), "the CPU was free");
    late(clock);
    assertEquals(MIN_PARK, idle(yields), "that yield took long");
    asks.clear();
    BackoffIdleStrategy parks = strategy();
    long park = idleFor(parks, SPIN + YIELD);
    assertEquals(MIN_PARK, park);
    clock.advance(park + LATE - 1);
    idle(parks);
    assertEquals(List.of(), asks, "not late enough");
    clock.advance(meter.intendedNanos() + LATE);
    idle(parks);
    assertEquals(List.of("urgent"), asks);
  }

  /**
   * Whoever is urgent does not see the others; finding them still there costs a delay each time.
   */
  @Test
  void shouldAskMoreAndMoreRarelyWhetherTheOthersAreGone() {
    BackoffIdleStrategy strategy = strategy();
    idle(strategy);
    late(clock);
    idle(strategy);
    for (long believed = SECOND; believed < 40 * SECOND; believed *= 2) {
      long wanted = Math.min(believed, CrowdSense.LONGEST_NANOS);
      asks.clear();
      strategy.idle(1);
      clock.advance(wanted - 1);
      idle(strategy);
      assertEquals(List.of(), asks, "for " + wanted);
      strategy.idle(1);
      clock.advance(1);
      idle(strategy);
      assertEquals(List.of("usual"), asks);
      late(clock);
      idle(strategy);
      assertEquals(List.of("usual", "urgent"), asks);
    }
    strategy.idle(1);
    clock.advance(40 * SECOND);
    idle(strategy);
    late(clock);
    idle(strategy);
    asks.clear();
    strategy.idle(1);
    clock.advance(SECOND);
    idle(strategy);
    assertEquals(List.of("usual"), asks, "a new crowd is believed for as long as the first");
  }

  /** The kernel stops a real-time thread that never sleeps, for tens of milliseconds. */
  @Test
  void shouldNotBeUrgentWhileItHasAlwaysWork() {
    BackoffIdleStrategy strategy = strategy();
    idle(strategy);
    late(clock);
    idle(strategy);
    for (int round = 0; round < 1_999; round++) {
      strategy.idle(1);
    }
    idle(strategy);
    assertEquals(List.of("urgent"), asks, "it slept in between");
    for (int round = 0; round < 10_000; round++) {
      strategy.idle(1);
    }
    assertEquals(List.of("urgent", "usual"), asks);
    assertEquals(0, idle(strategy), "and spins again");
  }

  @Test
  void shouldStayUrgentForAsLongAsItIsLateAllTheSame() {
    BackoffIdleStrategy strategy = strategy();
    idle(strategy);
    for (int i = 0; i < 10; i++) {
      clock.advance(SECOND / 2);
      idle(strategy);
    }
    assertEquals(List.of("urgent"), asks);
  }

  @Test
  void shouldNapAtOnceWhereItMustNotSpin() {
    BackoffIdleStrategy strategy =
        new BackoffIdleStrategy(
            clock, SPIN, YIELD, MAX_PARK, () -> slackNanos, meter, true, urgency);
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
