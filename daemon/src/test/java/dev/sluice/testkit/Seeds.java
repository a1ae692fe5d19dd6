package dev.sluice.testkit;

import java.util.Random;

/**
 * Properties that hold for many random cases. Case N is the same on every machine and day, so that
 * a build that was green stays green; {@code -Dsluice.test.seed=N} runs case N alone, as a failure
 * tells, and {@code -Dsluice.test.runs=N} runs more of them.
 */
public final class Seeds {
  private static final String SEED = "sluice.test.seed";
  private static final String RUNS = "sluice.test.runs";

  private Seeds() {}

  /** What one random case does. */
  @FunctionalInterface
  public interface Scenario {
    void run(Random random) throws Exception;
  }

  /**
   * Runs a scenario with the first so many seeds, or with the one that was asked for.
   *
   * @throws AssertionError with the seed in front, for the first case that fails
   */
  public static void forEach(int runs, Scenario scenario) {
    Long only = Long.getLong(SEED);
    long first = only != null ? only : 0;
    long count = only != null ? 1 : Integer.getInteger(RUNS, runs);
    for (long seed = first; seed < first + count; seed++) {
      try {
        // Neighbouring seeds make neighbouring first numbers: spread them.
        scenario.run(new Random(seed * 0x9E3779B97F4A7C15L));
      } catch (AssertionError | Exception e) {
        throw new AssertionError(SEED + "=" + seed + ": " + e.getMessage(), e);
      }
    }
  }

  /** Whether all cases run, so that what they covered together may be asserted. */
  public static boolean areAll() {
    return Long.getLong(SEED) == null;
  }

  /** A number from low to high, both included, in a range of less than 2^62. */
  public static long between(Random random, long low, long high) {
    return low + Math.floorMod(random.nextLong(), high - low + 1);
  }
}
