package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Seeds;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CleanRateSearchTest {
  private static final double OFFERED = 10e9;

  private final List<Long> asked = new ArrayList<>();

  @Test
  void shouldNotSearchWhenUnthrottledIsClean() throws ToolException {
    CleanRateSearch.Found found = new CleanRateSearch(upTo(Long.MAX_VALUE), 5).search();
    assertEquals(0, found.requestedBytesPerSecond());
    assertEquals(OFFERED, Figure.median(found.cleanBytesPerSecond()));
    assertEquals(List.of(0L, 0L, 0L, 0L, 0L), asked);
  }

  @Test
  void shouldFindTheHighestCleanRate() {
    Seeds.forEach(
        500,
        random -> {
          long limit = Seeds.between(random, 11_000_000L, 9_000_000_000L);
          CleanRateSearch.Found found = new CleanRateSearch(upTo(limit), 3).search();
          assertEdge(limit, found);
          assertEquals(3, found.outcomes().size());
        });
  }

  private static void assertEdge(double limit, CleanRateSearch.Found found) {
    double rate = found.requestedBytesPerSecond();
    assertTrue(rate <= limit && rate * CleanRateSearch.STEP >= limit * 0.999, limit + ": " + found);
  }

  @Test
  void shouldClimbBeyondWhatABlockedDeviceOffered() throws ToolException {
    CleanRateSearch.Trial trial =
        rate ->
            rate == 0
                ? new CleanRateSearch.Outcome(false, 300e6, 300e6)
                : outcome(rate, rate <= 1_000_000_000L);
    CleanRateSearch.Found found = new CleanRateSearch(trial, 3).search();
    assertTrue(found.requestedBytesPerSecond() > 900_000_000L, found.toString());
  }

  @Test
  void shouldStepDownWhenTheConfirmingRunsAreNotClean() throws ToolException {
    Map<Long, Integer> runs = new HashMap<>();
    CleanRateSearch.Trial trial =
        rate -> {
          // Two lucky runs are a clear majority for the search; the confirming runs then fail.
          boolean isLucky = rate < 5_000_000_000L && runs.merge(rate, 1, Integer::sum) <= 2;
          return outcome(rate, rate > 0 && (rate < 2_000_000_000L || isLucky));
        };
    CleanRateSearch.Found found = new CleanRateSearch(trial, 5).search();
    assertTrue(found.requestedBytesPerSecond() < 2_000_000_000L, found.toString());
    assertTrue(found.requestedBytesPerSecond() > 1_800_000_000L, found.toString());
  }

  @Test
  void shouldClimbPastRatesThatAreDisturbedOnce() throws ToolException {
    Map<Long, Integer> runs = new HashMap<>();
    CleanRateSearch.Trial trial =
        rate ->
            outcome(
                rate, rate > 0 && rate < 5_000_000_000L && runs.merge(rate, 1, Integer::sum) > 1);
    assertEdge(5_000_000_000L, new CleanRateSearch(trial, 5).search());
  }

  @Test
  void shouldForgiveOneDisturbedRunOfFive() throws ToolException {
    int[] runs = {0};
    CleanRateSearch.Trial trial = rate -> outcome(rate, ++runs[0] != 3);
    CleanRateSearch.Found found = new CleanRateSearch(trial, 5).search();
    assertEquals(0, found.requestedBytesPerSecond());
  }

  @Test
  void shouldSayThatNoRateIsClean() throws ToolException {
    CleanRateSearch.Found found = new CleanRateSearch(upTo(-1), 5).search();
    assertEquals(-1, found.requestedBytesPerSecond());
    assertEquals(0, found.cleanBytesPerSecond().length);
  }

  private CleanRateSearch.Trial upTo(long limit) {
    return rate -> {
      asked.add(rate);
      return outcome(rate, (rate == 0 ? Long.MAX_VALUE : rate) <= limit);
    };
  }

  private static CleanRateSearch.Outcome outcome(long rate, boolean isClean) {
    double offered = rate == 0 ? OFFERED : rate;
    return new CleanRateSearch.Outcome(isClean, offered, isClean ? offered : offered / 2);
  }
}
