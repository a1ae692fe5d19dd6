package dev.sluice.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class RateHistoryTest {
  private static final long SECOND = 1_000_000_000;

  private final RateHistory history = new RateHistory();

  private static RateHistory.Reading reading(int session, long bytes, long dropped, long tasks) {
    return new RateHistory.Reading(
        session, bytes, dropped, List.of(tasks, 0L), List.of(tasks * SECOND / 4, 0L));
  }

  @Test
  void shouldGiveRatesPerSecondWhateverTheInterval() {
    assertTrue(history.isDue(5 * SECOND));
    history.add(List.of(reading(1, 100, 0, 0)), 5 * SECOND);
    assertFalse(history.isDue(6 * SECOND - 1));
    assertEquals(SessionRates.NONE, history.latest(1));
    history.add(List.of(reading(1, 500, 6, 8)), 7 * SECOND);
    SessionRates rates = history.latest(1);
    assertEquals(200, rates.collectedBytes());
    assertEquals(3, rates.droppedRecords());
    assertEquals(4, rates.tasks().get("aic"));
    assertEquals(1, rates.busyCores().get("aic"));
  }

  @Test
  void shouldKeepTheLastPointsInOrderAndForgetEndedSessions() {
    for (int i = 0; i <= RateHistory.KEPT_POINTS + 2; i++) {
      history.add(List.of(reading(1, (long) i * i, 0, 0), reading(2, 0, 0, 0)), i * SECOND);
    }
    RateHistory.Points points = history.points().get(0);
    assertEquals(1, points.session());
    assertEquals(RateHistory.KEPT_POINTS, points.collectedBytes().size());
    // From (i - 1)^2 to i^2 is 2i - 1 per second; the points of i = 1 and 2 have been evicted.
    assertEquals(5, points.collectedBytes().get(0));
    assertEquals(2 * (RateHistory.KEPT_POINTS + 2) - 1, points.collectedBytes().get(299));
    history.add(List.of(reading(2, 0, 0, 0)), 400 * SECOND);
    assertEquals(List.of(2), history.points().stream().map(RateHistory.Points::session).toList());
  }

  @Test
  void shouldNeverShowANegativeRate() {
    history.add(List.of(reading(1, 100, 9, 0)), 0);
    history.add(List.of(reading(1, 50, 0, 0)), SECOND);
    assertEquals(List.of(0L), history.points().get(0).collectedBytes());
  }
}
