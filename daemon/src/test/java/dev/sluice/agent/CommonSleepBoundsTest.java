package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.testkit.Allocations;
import org.junit.jupiter.api.Test;

class CommonSleepBoundsTest {
  private final CommonSleepBounds common = new CommonSleepBounds();

  @Test
  void shouldBeThoseOfWhoCanWaitLeast() {
    assertEquals(Long.MAX_VALUE, common.slackNanos());
    SleepBounds urgent = () -> 1_000;
    common.add(() -> 5_000);
    common.add(urgent);
    common.add(() -> 3_000);
    assertEquals(1_000, common.slackNanos());
    common.remove(urgent);
    common.remove(urgent);
    assertEquals(3_000, common.slackNanos());
  }

  @Test
  void shouldNotAllocate() {
    common.add(() -> 5_000);
    common.add(() -> 3_000);
    Runnable asks =
        () -> {
          for (int i = 0; i < 10_000; i++) {
            if (common.slackNanos() == 0) {
              throw new AssertionError();
            }
          }
        };
    assertEquals(0, Allocations.leastBytesOf(asks));
  }
}
