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
    // Lists of flows have one or two elements: a call would cost more.
    for (int i = 0; i < count; i++) {
      elements[size + i] = from[at + i];
    }
    size += count;
  }

  /** Returns the place behind the last one. */
  int copyTo(long[] into, int at) {
    for (int i = 0; i < size; i++) {
      into[at + i] = elements[i];
    }
    return at + size;
  }

  long get(int index) {
    return elements[index];
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }
}
