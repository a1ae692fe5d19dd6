package dev.sluice.service.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * Exports an HdrHistogram of nanoseconds as a Prometheus histogram of seconds, classic and native
 * at once: a text scrape gets the classic one, a protobuf scrape both.
 *
 * <p>HdrHistogram rounds values by at most one percent. Each of its buckets is counted at its
 * middle, so a value that close to a bound may be counted on either side of it.
 */
final class HistogramPoints {
  /** 8 native buckets per doubling: a bucket is 9 % wide, and one latency needs about 100. */
  static final int NATIVE_SCHEMA = 3;

  private HistogramPoints() {}

  /** Returns the sum of the histograms as one data point. */
  static HistogramDataPointSnapshot of(
      Collection<Histogram> all, double[] bounds, Labels labels, long createdMillis) {
    long[] classic = new long[bounds.length];
    Map<Integer, Long> positive = new TreeMap<>();
    long zeros = 0;
    double sum = 0;
    for (Histogram nanos : all) {
      for (HistogramIterationValue bucket : nanos.recordedValues()) {
        long count = bucket.getCountAtValueIteratedTo();
        double seconds = nanos.medianEquivalentValue(bucket.getValueIteratedTo()) / 1e9;
        sum += seconds * count;
        classic[classicIndex(bounds, seconds)] += count;
        if (seconds > 0) {
          positive.merge(nativeIndex(seconds), count, Long::sum);
        } else {
          zeros += count;
        }
      }
    }
    return new HistogramDataPointSnapshot(
        ClassicHistogramBuckets.of(bounds, classic),
        NATIVE_SCHEMA,
        zeros,
        0.0,
        buckets(positive),
        NativeHistogramBuckets.EMPTY,
        sum,
        labels,
        Exemplars.EMPTY,
        createdMillis);
  }

  private static int classicIndex(double[] bounds, double seconds) {
    int index = 0;
    while (seconds > bounds[index]) {
      index++;
    }
    return index;
  }

  /** Bucket {@code i} counts values above {@code 2^((i-1)/8)}, up to {@code 2^(i/8)}. */
  static int nativeIndex(double seconds) {
    double perDoubling = 1 << NATIVE_SCHEMA;
    int index = (int) Math.ceil(Math.log(seconds) / Math.log(2) * perDoubling);
    // The logarithm is rounded: an exact bound may come out one too high, or a value just above a
    // bound one too low.
    if (seconds <= Math.pow(2, (index - 1) / perDoubling)) {
      return index - 1;
    }
    return seconds > Math.pow(2, index / perDoubling) ? index + 1 : index;
  }

  private static NativeHistogramBuckets buckets(Map<Integer, Long> counts) {
    List<Integer> indexes = new ArrayList<>(counts.keySet());
    return NativeHistogramBuckets.of(indexes, new ArrayList<>(counts.values()));
  }
}
