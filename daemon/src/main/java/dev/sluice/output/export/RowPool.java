package dev.sluice.output.export;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/**
 * Rows that are done with, to be filled again: an export makes no garbage per record. The last one
 * given is the first one taken, since it is still in the processor's cache.
 */
final class RowPool<R extends Row> {
  private final Supplier<R> factory;
  private R[] free;
  private int size;

  RowPool(Supplier<R> factory, IntFunction<R[]> array) {
    this.factory = factory;
    free = array.apply(256);
  }

  R take() {
    return size == 0 ? factory.get() : free[--size];
  }

  void give(R row) {
    if (size == free.length) {
      free = Arrays.copyOf(free, 2 * size);
    }
    free[size++] = row;
  }
}
