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
