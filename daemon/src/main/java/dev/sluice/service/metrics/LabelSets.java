package dev.sluice.service.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The label sets of one scrape, for the next: they are nearly always the same, and to make one
 * checks and sorts its names each time. What a scrape did not ask for is forgotten, so that the
 * labels of ended sessions do not pile up. One thread at a time.
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

  /** Everything of this scrape was asked for. */
  void endScrape() {
    last = current;
    current = new HashMap<>(2 * last.size());
  }

  /** How many are kept for the next scrape. */
  int kept() {
    return last.size();
  }
}
