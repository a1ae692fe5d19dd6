package dev.sluice.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.testkit.ManualClock;
import org.junit.jupiter.api.Test;

class PausedAgentTest {
  private int steps;
  private final ManualClock clock = new ManualClock(0);
  private final Agent paused =
      new PausedAgent(
          new Agent() {
            @Override
            public String roleName() {
              return "drain";
            }

            @Override
            public int doWork() {
              steps++;
              return 7;
            }
          },
          20,
          100,
          clock);

  @Test
  void shouldStandStillInTheFirstPartOfEveryPeriodOnly() {
    int stoodStill = 0;
    for (int i = 0; i < 1000; i++, clock.advance(1)) {
      int before = steps;
      int work = paused.doWork();
      if (steps == before) {
        stoodStill++;
        assertEquals(1, work, "its thread must not park");
      } else {
        assertEquals(7, work);
      }
    }
    assertEquals(200, stoodStill);
  }

  @Test
  void shouldBeKnownByTheNameOfWhatItHoldsUp() {
    assertEquals("drain", paused.roleName());
  }
}
