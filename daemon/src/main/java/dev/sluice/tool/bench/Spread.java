package dev.sluice.tool.bench;

import java.util.List;

/**
 * A figure with its noise: from the lowest to the highest of its runs, and beyond them by what the
 * way of measuring cannot tell apart.
 *
 * <p>Two figures differ when these ranges do not touch. With five runs each, two equal figures come
 * out so in one of 126 comparisons, whatever the distribution of their noise; a median tells less,
 * and a mean with a deviation assumes a distribution that a shared machine does not have.
 */
record Spread(double value, List<Double> runs, double resolution) {
  /** Below this the range of the runs says nothing about noise. */
  static final int LEAST_RUNS = 3;

  Spread {
    runs = List.copyOf(runs);
  }

  boolean isKnown() {
    return runs.size() >= LEAST_RUNS;
  }

  double low() {
    return runs.stream().mapToDouble(Double::doubleValue).min().orElse(value) / (1 + resolution);
  }

  double high() {
    return runs.stream().mapToDouble(Double::doubleValue).max().orElse(value) * (1 + resolution);
  }

  boolean isApartFrom(Spread other) {
    return low() > other.high() || high() < other.low();
  }
}
