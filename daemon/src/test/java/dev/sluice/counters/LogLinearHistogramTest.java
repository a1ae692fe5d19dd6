package dev.sluice.counters;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LogLinearHistogramTest {
  private static Histogram of(double scale, long... values) {
    LogLinearHistogram histogram =
        new LogLinearHistogram(
            ByteBuffer.allocateDirect(8 + LogLinearHistogram.SIZE_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN),
            8);
    for (long value : values) {
      histogram.record(value);
    }
    Histogram into = LatencyRecorder.newHistogram();
    histogram.addTo(into, scale);
    return into;
  }

  @Test
  @DisplayName("A value comes back to within a sixteenth, whatever its size")
  void shouldKeepValuesToWithinASixteenth() {
    for (long value = 1; value < LatencyRecorder.HIGHEST_NANOS / 2; value += 1 + value / 7) {
      Histogram one = of(1, value);
      assertEquals(1, one.getTotalCount());
      // HdrHistogram keeps two digits.
      double error = Math.abs(one.getMean() - value) / value;
      assertTrue(error <= 1.0 / 16 + 0.01, "value " + value + " came back as " + one.getMean());
    }
  }

  @Test
  void shouldScaleAndClamp() {
    assertEquals(2_000, of(20, 100).getMean(), 150);
    assertEquals(1, of(1, 0).getMaxValue());
    Histogram huge = of(1, Long.MAX_VALUE);
    assertTrue(huge.getMaxValue() >= LatencyRecorder.HIGHEST_NANOS);
    assertEquals(4, of(1, 5, 5, 1_000, 1_000_000).getTotalCount());
  }
}
