package dev.sluice.service.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.prometheus.metrics.model.snapshots.Labels;
import org.junit.jupiter.api.Test;

class LabelSetsTest {
  private final LabelSets sets = new LabelSets();

  @Test
  void shouldKeepOnlyWhatTheLastScrapeAskedFor() {
    Labels first = sets.of(Metric.SESSIONS, "0");
    assertEquals(Labels.of("device", "0"), first);
    sets.of(Metric.AGENT_STALLS, "drain-1");
    sets.endScrape();
    assertSame(first, sets.of(Metric.SESSIONS, "0"));
    assertEquals(Labels.of("device", "1"), sets.of(Metric.SESSIONS, "1"));
    sets.endScrape();
    assertEquals(2, sets.kept(), "the agent of an ended session is forgotten");
    sets.endScrape();
    assertEquals(0, sets.kept());
    assertNotSame(first, sets.of(Metric.SESSIONS, "0"));
  }

  @Test
  void shouldTellMetricsWithTheSameValuesApart() {
    sets.of(Metric.AGENT_STALLS, "0");
    sets.endScrape();
    assertEquals(Labels.of("device", "0"), sets.of(Metric.SESSIONS, "0"));
  }
}
