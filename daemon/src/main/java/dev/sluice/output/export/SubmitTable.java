package dev.sluice.output.export;

import java.util.Arrays;

/**
 * The submissions that no task and no dummy has claimed yet, by task id. A fixed number of slots:
 * when a new one has no room, the oldest must be taken out first.
 *
 * <p>Whatever ids a capture holds, adding, claiming and removing cost about the same: a claimed
 * submission leaves at once, so that of many with one id the first that is met is the one; and
 * different ids do not gather in a bucket, see {@link IdHash}. Older generations name a dummy by
 * the low half of its task id alone, for which there is a second set of buckets.
 */
final class SubmitTable {
  static final int NONE = -1;

  // What is known of a submission lies together: one line of memory.
  private static final int WORDS = 4;
  private static final int TASK_ID = 0;
  private static final int START = 1;
  private static final int END = 2;
  private static final int ORDINAL = 3;

  private final long[] words;
  private final int[] lanes;
  private final Chains byId;
  private final Chains byLocal;
  // By age, the oldest first; free slots hang together by the same array.
  private final int[] younger;
  private final int[] older;
  private int oldest = NONE;
  private int youngest = NONE;
  private int free;

  /**
   * @param capacity a power of two
   * @param isClaimedByLocal whether {@link #claimLocal} will be called
   */
  SubmitTable(int capacity, boolean isClaimedByLocal) {
    words = new long[capacity * WORDS];
    lanes = new int[capacity];
    byId = new Chains(capacity);
    byLocal = isClaimedByLocal ? new Chains(capacity) : null;
    younger = new int[capacity];
    older = new int[capacity];
    for (int slot = 0; slot < capacity; slot++) {
      younger[slot] = slot + 1 < capacity ? slot + 1 : NONE;
    }
  }

  boolean isFull() {
    return free == NONE;
  }

  boolean isEmpty() {
    return oldest == NONE;
  }

  void add(SubmitRow row, long ordinal) {
    int slot = free;
    free = younger[slot];
    int at = slot * WORDS;
    words[at + TASK_ID] = row.taskId;
    words[at + START] = row.start;
    words[at + END] = row.end;
    words[at + ORDINAL] = ordinal;
    lanes[slot] = row.lane;
    byId.add(slot, row.taskId);
    if (byLocal != null) {
      byLocal.add(slot, local(row.taskId));
    }
    older[slot] = youngest;
    younger[slot] = NONE;
    if (youngest == NONE) {
      oldest = slot;
    } else {
      younger[youngest] = slot;
    }
    youngest = slot;
  }

  private static long local(long taskId) {
    return taskId & 0xFFFFFFFFL;
  }

  private int remove(int slot) {
    long taskId = taskId(slot);
    byId.remove(slot, taskId);
    if (byLocal != null) {
      byLocal.remove(slot, local(taskId));
    }
    int before = older[slot];
    int after = younger[slot];
    if (before == NONE) {
      oldest = after;
    } else {
      younger[before] = after;
    }
    if (after == NONE) {
      youngest = before;
    } else {
      older[after] = before;
    }
    younger[slot] = free;
    free = slot;
    return slot;
  }

  /** Takes the oldest out; its slot stays readable until the next one is added. */
  int removeOldest() {
    return remove(oldest);
  }

  /**
   * Takes the newest submission of this task out; its slot stays readable until the next one is
   * added. {@link #NONE} if there is none.
   */
  int claim(long taskId) {
    int slot = byId.first(taskId);
    while (slot != NONE && taskId(slot) != taskId) {
      slot = byId.after(slot);
    }
    return slot == NONE ? NONE : remove(slot);
  }

  /** As {@link #claim}, by the low half of the task id. */
  int claimLocal(int local) {
    int slot = byLocal.first(Integer.toUnsignedLong(local));
    while (slot != NONE && (int) taskId(slot) != local) {
      slot = byLocal.after(slot);
    }
    return slot == NONE ? NONE : remove(slot);
  }

  long taskId(int slot) {
    return words[slot * WORDS + TASK_ID];
  }

  long start(int slot) {
    return words[slot * WORDS + START];
  }

  long end(int slot) {
    return words[slot * WORDS + END];
  }

  long ordinal(int slot) {
    return words[slot * WORDS + ORDINAL];
  }

  int lane(int slot) {
    return lanes[slot];
  }

  /** Slots passed over so far because another id shares their bucket; for tests. */
  long stepsPassed() {
    return byId.steps + (byLocal == null ? 0 : byLocal.steps);
  }

  /** Slots by a hash of an id, the newest first, linked both ways. */
  private static final class Chains {
    private final IdHash hash;
    private final int[] heads;
    private final int[] next;
    private final int[] previous;
    private long steps;

    Chains(int capacity) {
      hash = new IdHash(capacity);
      heads = new int[capacity];
      next = new int[capacity];
      previous = new int[capacity];
      Arrays.fill(heads, NONE);
    }

    void add(int slot, long id) {
      int bucket = hash.bucket(id);
      int head = heads[bucket];
      next[slot] = head;
      previous[slot] = NONE;
      if (head != NONE) {
        previous[head] = slot;
      }
      heads[bucket] = slot;
    }

    void remove(int slot, long id) {
      int before = previous[slot];
      int after = next[slot];
      if (before == NONE) {
        heads[hash.bucket(id)] = after;
      } else {
        next[before] = after;
      }
      if (after != NONE) {
        previous[after] = before;
      }
    }

    int first(long id) {
      return heads[hash.bucket(id)];
    }

    int after(int slot) {
      steps++;
      return next[slot];
    }
  }
}
