package dev.sluice.service.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reuses the label sets of the previous scrape: they are nearly always the same, and creating one
 * validates and sorts its names. Sets that a scrape did not use are dropped, so that labels of
 * ended sessions do not pile up. One thread at a time.
 */
final class LabelSets {
  private Map<Key, Labels> last = Map.of();
  private Map<Key, Labels> current = new HashMap<>();

  private record Key(Metric metric, List<String> values) {}

  Labels of(Metric metric, String... values) {
    Key key = new Key(metric, List.of(values));
    Labels labels = last.get(key);
    if (labels == null) {
      labels = Labels.of(metric.labels(), key.values());
    }
    current.put(key, labels);
    return labels;
  }

  /** Ends a scrape: drops the label sets that it did not use. */
  void endScrape() {
    last = current;
    current = new HashMap<>(2 * last.size());
  }

  /** Number of label sets kept for the next scrape. */
  int kept() {
    return last.size();
  }
}
