package dev.sluice.service.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class HistogramPointsTest {
  private final Histogram nanos = new Histogram(1, 60_000_000_000L, 2);

  private HistogramDataPointSnapshot point() {
    return HistogramPoints.of(
        List.of(nanos), Resolution.FINE.bounds(Metric.REFILL_LATENCY), Labels.EMPTY, 0);
  }

  @Test
  void shouldCountEveryValueOnceInBothKinds() {
    for (long value = 1; value < 60_000_000_000L; value = value * 3 + 1) {
      nanos.recordValue(value);
    }
    nanos.recordValue(0);
    HistogramDataPointSnapshot point = point();
    long classic = 0;
    for (int i = 0; i < point.getClassicBuckets().size(); i++) {
      classic += point.getClassicBuckets().getCount(i);
    }
    long nativeCount = point.getNativeZeroCount();
    for (int i = 0; i < point.getNativeBucketsForPositiveValues().size(); i++) {
      nativeCount += point.getNativeBucketsForPositiveValues().getCount(i);
    }
    assertEquals(nanos.getTotalCount(), classic);
    assertEquals(nanos.getTotalCount(), nativeCount);
    assertEquals(1, point.getNativeZeroCount());
  }

  @Test
  void shouldPutValuesBetweenTheirBounds() {
    nanos.recordValueWithCount(7_000, 3); // 5 us to 10 us
    nanos.recordValueWithCount(200_000, 2); // 100 us to 250 us
    nanos.recordValueWithCount(45_000_000_000L, 1); // above 30 s
    HistogramDataPointSnapshot point = point();
    assertEquals(1e-6, point.getClassicBuckets().getUpperBound(0));
    assertEquals(1e-5, point.getClassicBuckets().getUpperBound(3));
    assertEquals(3, point.getClassicBuckets().getCount(3));
    assertEquals(2.5e-4, point.getClassicBuckets().getUpperBound(6));
    assertEquals(2, point.getClassicBuckets().getCount(6));
    assertEquals(30, point.getClassicBuckets().getUpperBound(15));
    assertEquals(1, point.getClassicBuckets().getCount(16));
    assertEquals(3 * 7e-6 + 2 * 2e-4 + 45, point.getSum(), 0.5);
  }

  @Test
  void shouldShowTheSumOfSeveralAsOne() {
    Histogram more = new Histogram(1, 60_000_000_000L, 2);
    nanos.recordValueWithCount(5_000, 3);
    more.recordValueWithCount(5_000, 4);
    more.recordValueWithCount(200_000, 2);
    HistogramDataPointSnapshot both =
        HistogramPoints.of(
            List.of(nanos, more), Resolution.FINE.bounds(Metric.REFILL_LATENCY), Labels.EMPTY, 0);
    nanos.add(more);
    HistogramDataPointSnapshot sum = point();
    assertEquals(9, both.getCount());
    assertEquals(sum.getSum(), both.getSum(), 1e-12);
    for (int i = 0; i < sum.getClassicBuckets().size(); i++) {
      assertEquals(sum.getClassicBuckets().getCount(i), both.getClassicBuckets().getCount(i));
    }
    assertEquals(
        0,
        HistogramPoints.of(
                List.of(), Resolution.FINE.bounds(Metric.REFILL_LATENCY), Labels.EMPTY, 0)
            .getCount(),
        "of none");
  }

  @Test
  void shouldIndexNativeBucketsByTheirBounds() {
    double perDoubling = 1 << HistogramPoints.NATIVE_SCHEMA;
    for (int index = -240; index <= 60; index++) {
      double bound = Math.pow(2, index / perDoubling);
      assertEquals(index, HistogramPoints.nativeIndex(bound), "a bound is in its own bucket");
      assertEquals(index + 1, HistogramPoints.nativeIndex(Math.nextUp(bound)));
      assertEquals(index, HistogramPoints.nativeIndex(Math.nextDown(bound)));
    }
    assertEquals(0, HistogramPoints.nativeIndex(1));
    assertEquals(8, HistogramPoints.nativeIndex(2));
  }

  @Test
  void shouldBeEmptyWithoutValues() {
    HistogramDataPointSnapshot point = point();
    assertEquals(0, point.getSum());
    assertTrue(point.hasClassicHistogramData() && point.hasNativeHistogramData());
    assertEquals(0, point.getNativeBucketsForPositiveValues().size());
  }
}
