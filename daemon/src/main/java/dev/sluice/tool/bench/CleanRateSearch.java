package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.EdgeSearch;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the highest rate at which runs are clean.
 *
 * <p>First tries unthrottled; if that is clean, there is no rate to search. Otherwise searches the
 * edge and confirms it with the runs of a median: the rate counts if most of them are clean; if
 * not, a lower rate is tried.
 */
final class CleanRateSearch {
  /** Lowest rate to confirm. */
  static final double FLOOR_BYTES_PER_SECOND = 10_000_000;

  /** Ratio of neighbouring rates: 9 % apart. */
  static final double STEP = Math.pow(2, 1.0 / 8);

  private static final int TRIES = 3;

  /** Range around the offered rate: a waiting device offers no more than the host accepts. */
  private static final int BEYOND_OFFERED = 4;

  private final Trial trial;
  private final int runs;

  CleanRateSearch(Trial trial, int runs) {
    this.trial = trial;
    this.runs = runs;
  }

  /** Runs the producer once. */
  interface Trial {
    /**
     * @param bytesPerSecond 0 for unthrottled
     */
    Outcome run(long bytesPerSecond) throws ToolException;
  }

  /**
   * @param offeredBytesPerSecond rate that the device tried to write
   * @param collectedBytesPerSecond rate that the host collected
   */
  record Outcome(boolean isClean, double offeredBytesPerSecond, double collectedBytesPerSecond) {}

  /**
   * @param requestedBytesPerSecond 0 if unthrottled is clean, -1 if no rate is
   * @param outcomes of the confirming runs
   */
  record Found(long requestedBytesPerSecond, List<Outcome> outcomes) {
    /** Returns the collected rate of each clean run. */
    double[] cleanBytesPerSecond() {
      return outcomes.stream()
          .filter(Outcome::isClean)
          .mapToDouble(Outcome::collectedBytesPerSecond)
          .toArray();
    }

    /** Returns the relative distance to the next rate; 0 if no search was needed. */
    double resolution() {
      return requestedBytesPerSecond == 0 ? 0 : STEP - 1;
    }
  }

  Found search() throws ToolException {
    Outcome unthrottled = trial.run(0);
    if (unthrottled.isClean()) {
      List<Outcome> confirmed = confirm(0, unthrottled);
      if (isMostlyClean(confirmed)) {
        return new Found(0, confirmed);
      }
    }
    double offered = unthrottled.offeredBytesPerSecond();
    EdgeSearch search = new EdgeSearch(STEP, TRIES, 0, rate -> outcome(Math.round(rate)));
    double edge = search.search(offered / BEYOND_OFFERED, offered * BEYOND_OFFERED).value();
    for (double rate = edge; rate >= FLOOR_BYTES_PER_SECOND; rate /= STEP) {
      List<Outcome> confirmed = confirm(Math.round(rate), trial.run(Math.round(rate)));
      if (isMostlyClean(confirmed)) {
        return new Found(Math.round(rate), confirmed);
      }
    }
    return new Found(-1, List.of());
  }

  private EdgeSearch.Outcome outcome(long rate) throws ToolException {
    return trial.run(rate).isClean() ? EdgeSearch.Outcome.CLEAN : EdgeSearch.Outcome.LOSSY;
  }

  private List<Outcome> confirm(long rate, Outcome first) throws ToolException {
    List<Outcome> outcomes = new ArrayList<>(List.of(first));
    while (outcomes.size() < runs) {
      outcomes.add(trial.run(rate));
    }
    return outcomes;
  }

  private static boolean isMostlyClean(List<Outcome> outcomes) {
    return outcomes.stream().filter(Outcome::isClean).count() * 2 > outcomes.size();
  }
}
