package dev.sluice.output.export;

import java.util.Arrays;

/**
 * Tasks by their finish, the earliest first: a binary heap with the keys beside the rows, so that
 * sifting reads no row.
 */
final class FinishHeap {
  private long[] keys;
  private TaskRow[] rows;
  private int size;

  FinishHeap(int capacity) {
    keys = new long[capacity];
    rows = new TaskRow[capacity];
  }

  int size() {
    return size;
  }

  /** Unsigned ticks in an order of signed numbers. */
  private static long key(long ticks) {
    return ticks + Long.MIN_VALUE;
  }

  void add(TaskRow row) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, 2 * size);
      rows = Arrays.copyOf(rows, 2 * size);
    }
    long key = key(row.finish);
    int at = size++;
    while (at > 0 && keys[(at - 1) >>> 1] > key) {
      int parent = (at - 1) >>> 1;
      set(at, keys[parent], rows[parent]);
      at = parent;
    }
    set(at, key, row);
  }

  private void set(int at, long key, TaskRow row) {
    keys[at] = key;
    rows[at] = row;
  }

  /** Takes the earliest out if it finished up to this moment; else null. */
  TaskRow pollUpTo(long ticks) {
    if (size == 0 || keys[0] > key(ticks)) {
      return null;
    }
    TaskRow earliest = rows[0];
    size--;
    long key = keys[size];
    TaskRow last = rows[size];
    rows[size] = null;
    if (size > 0) {
      siftDown(key, last);
    }
    return earliest;
  }

  private void siftDown(long key, TaskRow row) {
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && keys[child + 1] < keys[child]) {
        child++;
      }
      if (keys[child] >= key) {
        break;
      }
      set(at, keys[child], rows[child]);
      at = child;
    }
    set(at, key, row);
  }
}
