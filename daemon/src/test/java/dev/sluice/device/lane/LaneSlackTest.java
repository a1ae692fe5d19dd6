package dev.sluice.device.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LaneSlackTest {
  private static final long SECOND = 1_000_000_000;

  private final LaneSlack slack = new LaneSlack(new int[] {4, 2});

  @Test
  void shouldBeUnboundedWithoutTraffic() {
    assertEquals(Long.MAX_VALUE, slack.slackNanos(0));
    slack.published(0, 5_000);
    assertEquals(Long.MAX_VALUE, slack.slackNanos(5_000), "one buffer is no rate");
  }

  @Test
  void shouldBeSlotsTimesTheTimePerBuffer() {
    slack.published(0, 0);
    slack.published(0, 100_000);
    assertEquals(400_000, slack.slackNanos(100_000));
  }

  @Test
  void shouldFollowTheTightestPool() {
    slack.published(0, 0);
    slack.published(0, 100_000);
    slack.published(1, 0);
    slack.published(1, 150_000);
    assertEquals(300_000, slack.slackNanos(150_000));
  }

  @Test
  void shouldShrinkAtOnceAndGrowSlowly() {
    slack.published(0, 0);
    slack.published(0, 100_000);
    slack.published(0, 110_000);
    assertEquals(40_000, slack.slackNanos(110_000));
    slack.published(0, 210_000);
    long grown = slack.slackNanos(210_000);
    assertTrue(grown > 40_000 && grown < 400_000, () -> grown + " ns");
  }

  @Test
  void shouldForgetAPoolThatHasGoneSilent() {
    slack.published(0, 0);
    slack.published(0, 100_000);
    assertEquals(400_000, slack.slackNanos(100_000 + SECOND - 1));
    assertEquals(Long.MAX_VALUE, slack.slackNanos(100_000 + SECOND));
  }

  @Test
  void shouldNotOverflowAfterALongSilence() {
    slack.published(0, 0);
    slack.published(0, Long.MAX_VALUE / 8);
    assertTrue(slack.slackNanos(Long.MAX_VALUE / 8) > 0);
  }
}
