package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the highest rate at which runs are clean.
 *
 * <p>Unthrottled first: a host that keeps up with that has no rate to search for. Otherwise a
 * bisection on a geometric ladder of rates, and at the end as many runs as a median needs: the rung
 * counts when most of them are clean, else the next lower one is tried.
 *
 * <p>While it climbs, a rung gets {@value #TRIES} tries, since one pause of a shared machine would
 * otherwise end the search far below; what a lucky try lets pass is caught by the majority at the
 * end. Assumes that a lower rate is not worse.
 */
final class CleanRateSearch {
  /** Lowest rate that is tried. */
  static final long FLOOR_BYTES_PER_SECOND = 10_000_000L;

  private static final int TRIES = 3;
  private static final int BEYOND_OFFERED = 4;

  /** Two neighbouring rungs differ by 9 %. */
  private static final double STEP = Math.pow(2, 1.0 / 8);

  private final Trial trial;
  private final int runs;

  CleanRateSearch(Trial trial, int runs) {
    this.trial = trial;
    this.runs = runs;
  }

  Found search() throws ToolException {
    Outcome unthrottled = trial.run(0);
    if (unthrottled.isClean()) {
      List<Outcome> confirmed = confirm(0, unthrottled);
      if (isMostlyClean(confirmed)) {
        return new Found(0, confirmed);
      }
    }
    List<Long> ladder = ladder(unthrottled.offeredBytesPerSecond());
    int clean = -1;
    int dirty = ladder.size();
    Outcome atClean = null;
    while (dirty - clean > 1) {
      int middle = (clean + dirty) >>> 1;
      Outcome outcome = climb(ladder.get(middle));
      if (outcome.isClean()) {
        clean = middle;
        atClean = outcome;
      } else {
        dirty = middle;
      }
    }
    for (int rung = clean; rung >= 0; rung--) {
      Outcome first = atClean != null ? atClean : trial.run(ladder.get(rung));
      atClean = null;
      List<Outcome> confirmed = confirm(ladder.get(rung), first);
      if (isMostlyClean(confirmed)) {
        return new Found(ladder.get(rung), confirmed);
      }
    }
    return new Found(-1, List.of());
  }

  private Outcome climb(long rate) throws ToolException {
    Outcome outcome = trial.run(rate);
    for (int tries = 1; tries < TRIES && !outcome.isClean(); tries++) {
      outcome = trial.run(rate);
    }
    return outcome;
  }

  private List<Outcome> confirm(long rate, Outcome first) throws ToolException {
    List<Outcome> outcomes = new ArrayList<>();
    outcomes.add(first);
    while (outcomes.size() < runs) {
      outcomes.add(trial.run(rate));
    }
    return outcomes;
  }

  private static boolean isMostlyClean(List<Outcome> outcomes) {
    return outcomes.stream().filter(Outcome::isClean).count() * 2 > outcomes.size();
  }

  /**
   * Rates from the floor up to beyond what the producer offered without a throttle: a device that
   * blocks offers no more than what an overrun host lets through.
   */
  static List<Long> ladder(double offeredBytesPerSecond) {
    List<Long> rungs = new ArrayList<>();
    double top = offeredBytesPerSecond * BEYOND_OFFERED;
    for (double rate = FLOOR_BYTES_PER_SECOND; rate < top; rate *= STEP) {
      rungs.add(Math.round(rate));
    }
    return rungs;
  }

  /** Runs the producer once. */
  interface Trial {
    /**
     * @param bytesPerSecond 0 means unthrottled
     */
    Outcome run(long bytesPerSecond) throws ToolException;
  }

  /**
   * @param offeredBytesPerSecond what the device set out to write
   * @param collectedBytesPerSecond what arrived
   */
  record Outcome(boolean isClean, double offeredBytesPerSecond, double collectedBytesPerSecond) {}

  /**
   * @param requestedBytesPerSecond the rung; 0 when unthrottled is clean, -1 when no rate is
   * @param outcomes of the confirming runs
   */
  record Found(long requestedBytesPerSecond, List<Outcome> outcomes) {
    /** What arrived, in the median of the clean runs; 0 when no rate is clean. */
    double bytesPerSecond() {
      double[] rates = cleanBytesPerSecond();
      return rates.length == 0 ? 0 : Medians.of(rates);
    }

    /** What arrived in each of the clean runs. */
    double[] cleanBytesPerSecond() {
      return outcomes.stream()
          .filter(Outcome::isClean)
          .mapToDouble(Outcome::collectedBytesPerSecond)
          .toArray();
    }

    /** How far the next rung was, as a share of this one; 0 where nothing had to be searched. */
    double resolution() {
      return requestedBytesPerSecond == 0 ? 0 : STEP - 1;
    }
  }
}
