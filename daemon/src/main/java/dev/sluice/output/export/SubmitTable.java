package dev.sluice.output.export;

import java.util.Arrays;

/**
 * The latest submissions by task id, until a task or a dummy claims them. A ring of fixed size with
 * chained hashing: the oldest falls out when a new one has no room.
 *
 * <p>Hashed by the local part of the task id, since older generations name a dummy by that alone.
 */
final class SubmitTable {
  static final int NONE = -1;

  private final int capacity;
  private final long[] taskIds;
  private final long[] starts;
  private final long[] ends;
  private final long[] ordinals;
  private final int[] lanes;
  private final boolean[] claimed;
  private final int[] next;
  private final int[] buckets;
  private long added;
  private long removed;

  /**
   * @param capacity a power of two
   */
  SubmitTable(int capacity) {
    this.capacity = capacity;
    taskIds = new long[capacity];
    starts = new long[capacity];
    ends = new long[capacity];
    ordinals = new long[capacity];
    lanes = new int[capacity];
    claimed = new boolean[capacity];
    next = new int[capacity];
    buckets = new int[capacity];
    Arrays.fill(buckets, NONE);
  }

  /** Local ids are counted up, so that neighbours in time are neighbours in memory. */
  private int bucket(int local) {
    return local & (capacity - 1);
  }

  boolean isFull() {
    return added - removed == capacity;
  }

  boolean isEmpty() {
    return added == removed;
  }

  void add(SubmitRow row, long ordinal) {
    int slot = (int) (added & (capacity - 1));
    added++;
    taskIds[slot] = row.taskId;
    starts[slot] = row.start;
    ends[slot] = row.end;
    ordinals[slot] = ordinal;
    lanes[slot] = row.lane;
    claimed[slot] = false;
    int bucket = bucket((int) row.taskId);
    next[slot] = buckets[bucket];
    buckets[bucket] = slot;
  }

  /** The slot of the oldest; it stays readable until the next one is added. */
  int removeOldest() {
    int slot = (int) (removed & (capacity - 1));
    removed++;
    int bucket = bucket((int) taskIds[slot]);
    if (buckets[bucket] == slot) {
      buckets[bucket] = next[slot];
    } else {
      int before = buckets[bucket];
      while (next[before] != slot) {
        before = next[before];
      }
      next[before] = next[slot];
    }
    return slot;
  }

  /** The slot of the unclaimed submission of this task, claimed by this call; or {@link #NONE}. */
  int claim(long taskId) {
    int slot = buckets[bucket((int) taskId)];
    while (slot != NONE && (claimed[slot] || taskIds[slot] != taskId)) {
      slot = next[slot];
    }
    if (slot != NONE) {
      claimed[slot] = true;
    }
    return slot;
  }

  /** As {@link #claim}, by the low half of the task id. */
  int claimLocal(int local) {
    int slot = buckets[bucket(local)];
    while (slot != NONE && (claimed[slot] || (int) taskIds[slot] != local)) {
      slot = next[slot];
    }
    if (slot != NONE) {
      claimed[slot] = true;
    }
    return slot;
  }

  boolean isClaimed(int slot) {
    return claimed[slot];
  }

  long taskId(int slot) {
    return taskIds[slot];
  }

  long start(int slot) {
    return starts[slot];
  }

  long end(int slot) {
    return ends[slot];
  }

  long ordinal(int slot) {
    return ordinals[slot];
  }

  int lane(int slot) {
    return lanes[slot];
  }
}
