package dev.sluice.counters;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The highest (or lowest) values of a fixed window, since a 15 s scrape cannot see a 10 ms burst.
 *
 * <p>Assumptions: one writer thread calls {@link #record}; one thread (the janitor) calls {@link
 * #rotate} once per window; any thread reads. Guarantee: an extreme stays visible for at least one
 * whole window and at most two. Progress: wait-free. A value recorded during a rotation may count
 * for the old or the new window.
 */
public final class Watermark {
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int PAD = 16;

  private final int length;
  private final boolean highest;
  // Two banks of one value per index. The writer fills the bank of the current epoch.
  private final long[] banks;
  private final long none;
  private volatile int epoch;

  private Watermark(int length, boolean highest) {
    this.length = length;
    this.highest = highest;
    this.none = highest ? Long.MIN_VALUE : Long.MAX_VALUE;
    this.banks = new long[2 * (length + PAD) + PAD];
    java.util.Arrays.fill(banks, none);
  }

  /** Keeps maxima of {@code length} values. */
  public static Watermark highest(int length) {
    return new Watermark(length, true);
  }

  /** Keeps minima of {@code length} values. */
  public static Watermark lowest(int length) {
    return new Watermark(length, false);
  }

  /** Records a value. Writer thread only; one compare if it is no new extreme. */
  public void record(int index, long value) {
    int at = at(epoch, index);
    long seen = (long) ELEMENT.getOpaque(banks, at);
    if (highest ? value > seen : value < seen) {
      ELEMENT.setOpaque(banks, at, value);
    }
  }

  /**
   * Returns the extreme of the last whole window and the current one; {@code whenNone} if empty.
   */
  public long get(int index, long whenNone) {
    long a = (long) ELEMENT.getOpaque(banks, at(0, index));
    long b = (long) ELEMENT.getOpaque(banks, at(1, index));
    long extreme = highest ? Math.max(a, b) : Math.min(a, b);
    return extreme == none ? whenNone : extreme;
  }

  /** Starts a new window and discards the one before the last. Janitor only. */
  public void rotate() {
    int next = epoch ^ 1;
    for (int i = 0; i < length; i++) {
      ELEMENT.setOpaque(banks, at(next, i), none);
    }
    epoch = next;
  }

  private int at(int bank, int index) {
    return PAD + bank * (length + PAD) + java.util.Objects.checkIndex(index, length);
  }
}
