package dev.sluice.testkit;

import java.util.Random;

/**
 * Properties checked over many random cases. Case N is deterministic, so a green build stays green;
 * {@code -Dsluice.test.seed=N} reruns a failed case alone, and {@code -Dsluice.test.runs=N} runs
 * more of them.
 */
public final class Seeds {
  private static final String SEED = "sluice.test.seed";
  private static final String RUNS = "sluice.test.runs";

  private Seeds() {}

  /** One random case. */
  @FunctionalInterface
  public interface Scenario {
    void run(Random random) throws Exception;
  }

  /**
   * Runs a scenario with the first {@code runs} seeds, or only with the seed set by property.
   *
   * @throws AssertionError for the first failed case, prefixed with its seed
   */
  public static void forEach(int runs, Scenario scenario) {
    Long only = Long.getLong(SEED);
    long first = only != null ? only : 0;
    long count = only != null ? 1 : Integer.getInteger(RUNS, runs);
    for (long seed = first; seed < first + count; seed++) {
      try {
        // Spreads the seeds: adjacent ones produce similar first numbers.
        scenario.run(new Random(seed * 0x9E3779B97F4A7C15L));
      } catch (AssertionError | Exception e) {
        throw new AssertionError(SEED + "=" + seed + ": " + e.getMessage(), e);
      }
    }
  }

  /** Returns whether all cases run, so that their joint coverage may be asserted. */
  public static boolean areAll() {
    return Long.getLong(SEED) == null;
  }

  /** Returns a number in [low, high]; the range must be below 2^62. */
  public static long between(Random random, long low, long high) {
    return low + Math.floorMod(random.nextLong(), high - low + 1);
  }
}
