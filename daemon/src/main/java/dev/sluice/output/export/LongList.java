package dev.sluice.output.export;

import java.util.Arrays;

/** A list of longs without an object per element. */
final class LongList {
  private long[] elements = new long[16];
  private int size;

  void add(long element) {
    if (size == elements.length) {
      elements = Arrays.copyOf(elements, size * 2);
    }
    elements[size++] = element;
  }

  void addAll(long[] from, int at, int count) {
    if (size + count > elements.length) {
      elements = Arrays.copyOf(elements, Math.max(size * 2, size + count));
    }
    // Lists of flows have one or two elements: a loop would cost more, and a call far more.
    if (count > 2) {
      System.arraycopy(from, at, elements, size, count);
    } else if (count > 0) {
      elements[size] = from[at];
      elements[size + count - 1] = from[at + count - 1];
    }
    size += count;
  }

  /** Returns the place behind the last one. */
  int copyTo(long[] into, int at) {
    if (size > 2) {
      System.arraycopy(elements, 0, into, at, size);
    } else if (size > 0) {
      into[at] = elements[0];
      into[at + size - 1] = elements[size - 1];
    }
    return at + size;
  }

  long get(int index) {
    return elements[index];
  }

  int size() {
    return size;
  }

  /** Becomes the same as another. */
  void set(LongList other) {
    size = 0;
    addAll(other.elements, 0, other.size);
  }

  void clear() {
    size = 0;
  }
}
