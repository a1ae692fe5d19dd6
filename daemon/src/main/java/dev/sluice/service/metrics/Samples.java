package dev.sluice.service.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Collects the values of one scrape. Confined to one thread. */
final class Samples {
  private final long createdMillis;
  private final Resolution resolution;
  private final LabelSets labelSets;
  private final Map<Metric, Map<Labels, CounterDataPointSnapshot>> counters =
      new EnumMap<>(Metric.class);
  private final Map<Metric, Map<Labels, GaugeDataPointSnapshot>> gauges =
      new EnumMap<>(Metric.class);
  private final Map<Metric, Map<Labels, HistogramDataPointSnapshot>> histograms =
      new EnumMap<>(Metric.class);

  /**
   * @param createdMillis start of the counters, Unix time
   * @param resolution bounds of classic buckets
   * @param labelSets of the previous scrape
   */
  Samples(long createdMillis, Resolution resolution, LabelSets labelSets) {
    this.createdMillis = createdMillis;
    this.resolution = resolution;
    this.labelSets = labelSets;
  }

  /**
   * Adds a counter or gauge, by the metric's type. Replaces an earlier value with the same labels.
   */
  void add(Metric metric, double value, String... labelValues) {
    Labels labels = labelSets.of(metric, labelValues);
    if (metric.type() == Metric.Type.COUNTER) {
      counters
          .computeIfAbsent(metric, unused -> new LinkedHashMap<>())
          .put(labels, new CounterDataPointSnapshot(value, labels, null, createdMillis));
    } else {
      gauges
          .computeIfAbsent(metric, unused -> new LinkedHashMap<>())
          .put(labels, new GaugeDataPointSnapshot(value, labels, null));
    }
  }

  /** Adds the sum of histograms of nanoseconds. */
  void add(Metric metric, Collection<Histogram> nanos, String... labelValues) {
    Labels labels = labelSets.of(metric, labelValues);
    histograms
        .computeIfAbsent(metric, unused -> new LinkedHashMap<>())
        .put(labels, HistogramPoints.of(nanos, resolution.bounds(metric), labels, createdMillis));
  }

  /** Builds the snapshots in the order of {@link Metric}; omits metrics without values. */
  MetricSnapshots build() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    for (Metric metric : Metric.values()) {
      MetricMetadata metadata = new MetricMetadata(metric.familyName(), metric.help());
      if (counters.containsKey(metric)) {
        all.metricSnapshot(new CounterSnapshot(metadata, list(counters.get(metric))));
      } else if (gauges.containsKey(metric)) {
        all.metricSnapshot(new GaugeSnapshot(metadata, list(gauges.get(metric))));
      } else if (histograms.containsKey(metric)) {
        all.metricSnapshot(new HistogramSnapshot(metadata, list(histograms.get(metric))));
      }
    }
    return all.build();
  }

  private static <T> Collection<T> list(Map<Labels, T> points) {
    return new ArrayList<>(points.values());
  }
}
