package dev.sluice.headroom;

/**
 * Growth of several running totals over roughly the last {@code spanNanos}, from samples at uneven
 * intervals. One thread; adding does not allocate.
 */
final class TrailingTotals {
  private static final int KEPT = 64;

  private final long spanNanos;
  private final int totals;
  private final long[] times = new long[KEPT];
  private final double[] values;
  private int newest = -1;
  private int oldest;
  private int count;

  TrailingTotals(int totals, long spanNanos) {
    this.totals = totals;
    this.spanNanos = spanNanos;
    this.values = new double[KEPT * totals];
  }

  /** Begins a sample that starts as a copy of the last one, to be updated with {@link #set}. */
  void add(long nowNs) {
    // A sample that comes too soon for the span's capacity replaces the newest one.
    boolean isDense = count > 1 && nowNs - times[before(newest)] < spanNanos / (KEPT / 2);
    if (!isDense) {
      int last = newest;
      newest = after(newest);
      if (count < KEPT) {
        count++;
      } else {
        oldest = after(oldest);
      }
      if (last >= 0) {
        System.arraycopy(values, last * totals, values, newest * totals, totals);
      }
    }
    times[newest] = nowNs;
    // Keep as the oldest sample the youngest one that is at least a span old.
    while (count > 2 && nowNs - times[after(oldest)] >= spanNanos) {
      oldest = after(oldest);
      count--;
    }
  }

  /** Sets a total of the newest sample. */
  void set(int total, double value) {
    values[newest * totals + total] = value;
  }

  /** Returns the nanoseconds covered by {@link #growth}. */
  long nanos() {
    return times[newest] - times[oldest];
  }

  /** Returns the growth of a total. */
  double growth(int total) {
    return values[newest * totals + total] - values[oldest * totals + total];
  }

  private static int after(int at) {
    return at + 1 == KEPT ? 0 : at + 1;
  }

  private static int before(int at) {
    return at == 0 ? KEPT - 1 : at - 1;
  }
}
