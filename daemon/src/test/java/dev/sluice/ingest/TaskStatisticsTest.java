package dev.sluice.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.counters.LatencyRecorder;
import dev.sluice.counters.LogLinearHistogram;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TaskStatisticsTest {
  private final Geometry geometry = new Geometry(Layout.parse("chip-2026.08/a2a3"), 6, 2, 1, 2);
  private final TaskStatistics statistics = new TaskStatistics(geometry);

  /** Adds tasks of one core, given as pairs of start and end; each waited 3 ticks. */
  private void tasks(int core, long... times) {
    long[][] values = new long[AicoreTaskRecord.COLUMNS.size()][times.length / 2];
    for (int i = 0; i < times.length / 2; i++) {
      values[0][i] = times[2 * i];
      values[1][i] = times[2 * i + 1];
      values[5][i] = 3;
    }
    statistics.onBlock(core, values, times.length / 2);
  }

  private static Histogram histogram(LogLinearHistogram of) {
    Histogram into = LatencyRecorder.newHistogram();
    of.addTo(into, 1);
    return into;
  }

  @Test
  void shouldAddUpByCoreAndByType() {
    tasks(0, 100, 110, 120, 130);
    tasks(1, 100, 107);
    tasks(2, 100, 112);
    tasks(5, 200, 212, 300, 312);
    assertEquals(20, statistics.busyTicks(0));
    assertEquals(7, statistics.busyTicks(1));
    assertEquals(2, statistics.tasks(5));
    assertEquals(0, statistics.tasks(3));
    // Two of the six cores are AIC.
    assertEquals(3, histogram(statistics.durations(Geometry.AIC)).getTotalCount());
    assertEquals(10, histogram(statistics.durations(Geometry.AIC)).getMaxValue());
    assertEquals(3, histogram(statistics.durations(Geometry.AIV)).getTotalCount());
    assertEquals(12, histogram(statistics.durations(Geometry.AIV)).getMinValue());
    assertEquals(3, histogram(statistics.latencies(Geometry.AIV)).getMaxValue());
  }

  @Test
  @DisplayName("Times that cannot be true are counted, and spoil neither sums nor histograms")
  void shouldLeaveImpossibleTimesOut() {
    tasks(0, 100, 99, -1, 50, 5, Long.MAX_VALUE, 10, 20, 0, -1);
    assertEquals(2, statistics.tasks(0));
    assertEquals(51 + 10, statistics.busyTicks(0));
    assertEquals(3, statistics.impossible());
    assertEquals(2, histogram(statistics.durations(Geometry.AIC)).getTotalCount());
  }
}
