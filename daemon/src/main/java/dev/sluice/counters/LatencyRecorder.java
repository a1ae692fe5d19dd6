package dev.sluice.counters;

import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Latencies in nanoseconds: one writer thread records, any thread reads the total so far.
 *
 * <p>The range is fixed at construction, so recording never allocates or waits. Values outside it
 * are clamped to 1 ns or the maximum: a clock that jumps cannot throw on the hot path.
 */
public final class LatencyRecorder {
  /** Longer than any wait in the wire format (30 s). */
  public static final long HIGHEST_NANOS = 60_000_000_000L;

  private static final int SIGNIFICANT_DIGITS = 2;

  private final SingleWriterRecorder recorder =
      new SingleWriterRecorder(1, HIGHEST_NANOS, SIGNIFICANT_DIGITS);
  private final Histogram total = newHistogram();
  private Histogram recycled;

  /** Creates a histogram with the range and resolution of every recorder. */
  public static Histogram newHistogram() {
    return new Histogram(1, HIGHEST_NANOS, SIGNIFICANT_DIGITS);
  }

  /** Records one latency. Writer thread only. */
  public void record(long nanos) {
    recorder.recordValue(Math.max(1, Math.min(nanos, HIGHEST_NANOS)));
  }

  /** Adds everything recorded so far to {@code into}. Any thread; readers exclude each other. */
  public synchronized void addTo(Histogram into) {
    recycled = recorder.getIntervalHistogram(recycled);
    add(total, recycled);
    add(into, total);
  }

  /** Computes {@code sum += more}; skips the thousands of steps if there is nothing to add. */
  public static void add(Histogram sum, Histogram more) {
    if (more.getTotalCount() > 0) {
      sum.add(more);
    }
  }
}
