package dev.sluice.headroom;

import java.util.Arrays;

/**
 * Maxima or sums over a window that slides in steps of an eighth, for several series at once, in a
 * fixed amount of memory. Values are not negative; 0 means none. One thread.
 */
final class SlidingWindow {
  private static final int STEPS = 8;

  private final int series;
  private final boolean isSum;
  private final long stepNanos;
  private final double[] banks;
  private final double[] results;
  private int bank;
  private long bankSinceNs;

  private SlidingWindow(int series, boolean isSum, long windowNanos, long nowNs) {
    this.series = series;
    this.isSum = isSum;
    this.stepNanos = Math.max(1, windowNanos / STEPS);
    // One extra bank, since the current step is incomplete.
    this.banks = new double[series * (STEPS + 1)];
    this.results = new double[series];
    this.bankSinceNs = nowNs;
  }

  static SlidingWindow highest(int series, long windowNanos, long nowNs) {
    return new SlidingWindow(series, false, windowNanos, nowNs);
  }

  static SlidingWindow sums(int series, long windowNanos, long nowNs) {
    return new SlidingWindow(series, true, windowNanos, nowNs);
  }

  /** Slides the window up to this moment. */
  void advance(long nowNs) {
    long steps = (nowNs - bankSinceNs) / stepNanos;
    if (steps <= 0) {
      return;
    }
    for (long i = 0; i < Math.min(steps, STEPS + 1); i++) {
      bank = bank == STEPS ? 0 : bank + 1;
      Arrays.fill(banks, bank * series, (bank + 1) * series, 0);
    }
    bankSinceNs += steps * stepNanos;
    Arrays.fill(results, 0);
    for (int at = 0; at < banks.length; at++) {
      results[at % series] = combine(results[at % series], banks[at]);
    }
  }

  /** Adds a value at the current moment. */
  void note(int index, double value) {
    int at = bank * series + index;
    banks[at] = combine(banks[at], value);
    results[index] = combine(results[index], value);
  }

  /** Returns the maximum or the sum of the window. */
  double get(int index) {
    return results[index];
  }

  private double combine(double a, double b) {
    return isSum ? a + b : Math.max(a, b);
  }
}
