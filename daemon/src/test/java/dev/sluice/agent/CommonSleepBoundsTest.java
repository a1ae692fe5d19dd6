package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.testkit.Allocations;
import org.junit.jupiter.api.Test;

class CommonSleepBoundsTest {
  private final CommonSleepBounds common = new CommonSleepBounds();

  private static SleepBounds bounds(long slackNanos, long backlogNanos) {
    return new SleepBounds() {
      @Override
      public long slackNanos() {
        return slackNanos;
      }

      @Override
      public long backlogNanos() {
        return backlogNanos;
      }
    };
  }

  @Test
  void shouldBeThoseOfWhoCanWaitLeastAndOfWhoIsFurthestBehind() {
    assertEquals(Long.MAX_VALUE, common.slackNanos());
    assertEquals(0, common.backlogNanos());
    SleepBounds urgent = bounds(1_000, 0);
    common.add(bounds(5_000, 700));
    common.add(urgent);
    common.add(bounds(3_000, 200));
    assertEquals(1_000, common.slackNanos());
    assertEquals(700, common.backlogNanos());
    common.remove(urgent);
    common.remove(urgent);
    assertEquals(3_000, common.slackNanos());
  }

  @Test
  void shouldNotAllocate() {
    common.add(bounds(5_000, 700));
    common.add(bounds(3_000, 200));
    Runnable asks =
        () -> {
          for (int i = 0; i < 10_000; i++) {
            if (common.slackNanos() + common.backlogNanos() == 0) {
              throw new AssertionError();
            }
          }
        };
    assertEquals(0, Allocations.leastBytesOf(asks));
  }
}
