package dev.sluice.counters;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.HdrHistogram.Histogram;

/**
 * Histogram with {@value #STEPS} buckets per doubling, each at most an eighth of its values wide.
 * Recording is an index and an increment, several times cheaper than a {@link LatencyRecorder}, for
 * values counted once per record instead of once per buffer.
 *
 * <p>The counts are in memory that the caller provides, 8 bytes each in bucket order, so that
 * native code can count too. Values below 8 have a bucket each.
 *
 * <p>One writer thread, any reader. A reader sees each count separately, so a sum over buckets is
 * not from one instant.
 */
public final class LogLinearHistogram {
  private static final VarHandle COUNT =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int STEP_BITS = 3;

  /** Buckets per doubling. */
  static final int STEPS = 1 << STEP_BITS;

  private static final int BUCKETS = (Long.SIZE - STEP_BITS) * STEPS;

  /** Bytes of memory for the counts. */
  public static final int SIZE_BYTES = BUCKETS * Long.BYTES;

  private final ByteBuffer counts;
  private final int base;

  /**
   * @param counts direct; zeros from {@code base} on
   * @param base a multiple of 8
   */
  public LogLinearHistogram(ByteBuffer counts, int base) {
    this.counts = counts;
    this.base = base;
  }

  /** Counts a value, which must not be negative. Writer thread only. */
  public void record(long value) {
    int at = base + bucket(value) * Long.BYTES;
    COUNT.setOpaque(counts, at, (long) COUNT.get(counts, at) + 1);
  }

  private static int bucket(long value) {
    // The position of the highest bit and the bits below it; small values have a bucket each.
    int shift = Math.max(0, Long.SIZE - 1 - STEP_BITS - Long.numberOfLeadingZeros(value));
    return (shift << STEP_BITS) + (int) (value >>> shift);
  }

  /** Returns the middle of a bucket. */
  private static double middle(int bucket) {
    if (bucket < 2 * STEPS) {
      return bucket;
    }
    int shift = (bucket >>> STEP_BITS) - 1;
    return ((long) (bucket - (shift << STEP_BITS)) + 0.5) * Math.scalb(1.0, shift);
  }

  /**
   * Adds all counts to {@code into}, each at the middle of its bucket. Any thread; {@code into}
   * belongs to the caller.
   *
   * @param scale units of {@code into} per unit of this histogram
   */
  public void addTo(Histogram into, double scale) {
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      long count = (long) COUNT.getOpaque(counts, base + bucket * Long.BYTES);
      if (count > 0) {
        long value = Math.round(middle(bucket) * scale);
        into.recordValueWithCount(
            Math.max(1, Math.min(value, into.getHighestTrackableValue())), count);
      }
    }
  }
}
