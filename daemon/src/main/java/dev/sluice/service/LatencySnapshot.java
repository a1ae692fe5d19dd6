package dev.sluice.service;

import org.HdrHistogram.Histogram;

/** Quantiles of one latency, in seconds; all 0 if nothing was measured. */
public record LatencySnapshot(
    long count,
    double sumSeconds,
    double p50Seconds,
    double p99Seconds,
    double p999Seconds,
    double maxSeconds) {
  public static final LatencySnapshot EMPTY = new LatencySnapshot(0, 0, 0, 0, 0, 0);

  /** Computes the quantiles of a histogram of nanoseconds that is not written any more. */
  public static LatencySnapshot of(Histogram nanos) {
    long count = nanos.getTotalCount();
    if (count == 0) {
      return EMPTY;
    }
    return new LatencySnapshot(
        count,
        nanos.getMean() * count / 1e9,
        nanos.getValueAtPercentile(50) / 1e9,
        nanos.getValueAtPercentile(99) / 1e9,
        nanos.getValueAtPercentile(99.9) / 1e9,
        nanos.getMaxValue() / 1e9);
  }
}
