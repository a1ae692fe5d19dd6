package dev.sluice.output.export;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/** Rows that are done with, to be filled again: an export makes no garbage per record. */
final class RowPool<R extends Row> {
  private final Deque<R> free = new ArrayDeque<>();
  private final Supplier<R> factory;

  RowPool(Supplier<R> factory) {
    this.factory = factory;
  }

  R take() {
    R row = free.pollLast();
    return row != null ? row : factory.get();
  }

  void give(R row) {
    free.addLast(row);
  }
}
