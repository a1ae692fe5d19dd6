package dev.sluice.counters;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A fixed number of 64-bit counters with one writer thread and any number of readers.
 *
 * <p>All counters of an array have the same writer, so they may share cache lines with each other;
 * the array is padded at both ends so that they share none with other data.
 */
public final class CounterArray {
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
  // Two lines at each end, since adjacent-line prefetch fetches pairs.
  private static final int PAD = 16;

  private final long[] values;
  private final int length;

  public CounterArray(int length) {
    this.length = length;
    this.values = new long[length + 2 * PAD];
  }

  public int length() {
    return length;
  }

  /** Adds to a counter. Writer thread only. */
  public void add(int index, long delta) {
    int at = PAD + check(index);
    ELEMENT.setRelease(values, at, values[at] + delta);
  }

  /** Adds one. Writer thread only. */
  public void increment(int index) {
    add(index, 1);
  }

  /** Replaces a value, for state that is not a count. Writer thread only. */
  public void set(int index, long value) {
    ELEMENT.setRelease(values, PAD + check(index), value);
  }

  /** Reads the writer's own value without ordering. Writer thread only. */
  public long plain(int index) {
    return values[PAD + check(index)];
  }

  /** Reads a counter; everything the writer did before raising it is visible. Any thread. */
  public long get(int index) {
    return (long) ELEMENT.getAcquire(values, PAD + check(index));
  }

  /** Returns the sum of all counters, which are read one by one, not at one instant. Any thread. */
  public long sum() {
    long sum = 0;
    for (int i = 0; i < length; i++) {
      sum += get(i);
    }
    return sum;
  }

  private int check(int index) {
    if (index < 0 || index >= length) {
      throw new IndexOutOfBoundsException(index);
    }
    return index;
  }
}
