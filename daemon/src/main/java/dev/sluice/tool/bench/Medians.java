package dev.sluice.tool.bench;

import java.util.Arrays;

/** The middle of several runs: what one disturbed run cannot move. */
public final class Medians {
  private Medians() {}

  /**
   * The median; for an even number the lower of the two in the middle, a value that was measured.
   */
  public static double of(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
