package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Seeds;
import dev.sluice.tool.ToolException;
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
    assertEquals(OFFERED, found.bytesPerSecond());
    assertEquals(List.of(0L, 0L, 0L, 0L, 0L), asked);
  }

  @Test
  void shouldFindTheHighestCleanRung() {
    List<Long> ladder = CleanRateSearch.ladder(OFFERED);
    Seeds.forEach(
        500,
        random -> {
          long limit =
              Seeds.between(random, CleanRateSearch.FLOOR_BYTES_PER_SECOND, 9_000_000_000L);
          CleanRateSearch.Found found = new CleanRateSearch(upTo(limit), 3).search();
          long best =
              ladder.stream().filter(rate -> rate <= limit).reduce((a, b) -> b).orElseThrow();
          assertEquals(best, found.requestedBytesPerSecond());
          assertEquals(3, found.outcomes().size());
          assertTrue(limit / (double) best < 1.1, "the ladder is fine enough");
        });
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
    List<Long> ladder = CleanRateSearch.ladder(OFFERED);
    long lucky = ladder.get(40);
    int[] runsAtLucky = {0};
    CleanRateSearch.Trial trial =
        rate -> {
          boolean isLuckyOnce = rate == lucky && runsAtLucky[0]++ == 0;
          return outcome(rate, rate > 0 && (rate < lucky || isLuckyOnce));
        };
    CleanRateSearch.Found found = new CleanRateSearch(trial, 3).search();
    assertEquals(ladder.get(39), found.requestedBytesPerSecond());
  }

  @Test
  void shouldClimbPastRungsThatAreDisturbedTwice() throws ToolException {
    Map<Long, Integer> runs = new HashMap<>();
    CleanRateSearch.Trial trial =
        rate ->
            outcome(
                rate, rate > 0 && rate < 5_000_000_000L && runs.merge(rate, 1, Integer::sum) > 2);
    CleanRateSearch.Found found = new CleanRateSearch(trial, 5).search();
    long best =
        CleanRateSearch.ladder(OFFERED).stream()
            .filter(rate -> rate < 5_000_000_000L)
            .reduce((a, b) -> b)
            .orElseThrow();
    assertEquals(best, found.requestedBytesPerSecond());
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
    assertEquals(0, found.bytesPerSecond());
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
