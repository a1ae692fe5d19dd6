package dev.sluice.output.export;

/**
 * The tasks of which rows are at hand, by task id: how many rows each has, and which of them ends
 * last. An entry lives as long as one of its rows. Chained hashing, entries are recycled.
 */
final class TaskIndex {
  private static final int BUCKETS = 1 << 14;

  /** One task. */
  static final class Entry {
    private long taskId;
    private int holders;
    private Entry next;
    private long lastEnd;
    private long lastOrdinal;

    /** Rows seen since the entry was made. */
    int rows;

    /** Rows drawn of them. */
    int drawnRows;

    /** Whether no other row that is known ends later. */
    boolean isLast(TaskRow row) {
      return row.ordinal == lastOrdinal;
    }
  }

  private final IdHash hash = new IdHash(BUCKETS);
  private final Entry[] buckets = new Entry[BUCKETS];
  private Entry free;
  private long steps;

  /** Takes a row in: it points at its task from now on. */
  void add(TaskRow row) {
    int bucket = hash.bucket(row.taskId);
    Entry entry = buckets[bucket];
    while (entry != null && entry.taskId != row.taskId) {
      entry = entry.next;
      steps++;
    }
    if (entry == null) {
      entry = newEntry(row.taskId);
      entry.next = buckets[bucket];
      buckets[bucket] = entry;
    }
    entry.holders++;
    entry.rows++;
    if (entry.rows == 1 || Long.compareUnsigned(row.end, entry.lastEnd) >= 0) {
      entry.lastEnd = row.end;
      entry.lastOrdinal = row.ordinal;
    }
    row.task = entry;
  }

  private Entry newEntry(long taskId) {
    Entry entry = free;
    if (entry == null) {
      entry = new Entry();
    } else {
      free = entry.next;
    }
    entry.taskId = taskId;
    entry.holders = 0;
    entry.rows = 0;
    entry.drawnRows = 0;
    return entry;
  }

  /** The row is done with. */
  void remove(TaskRow row) {
    Entry entry = row.task;
    row.task = null;
    entry.holders--;
    if (entry.holders > 0) {
      return;
    }
    int bucket = hash.bucket(entry.taskId);
    if (buckets[bucket] == entry) {
      buckets[bucket] = entry.next;
    } else {
      Entry before = buckets[bucket];
      while (before.next != entry) {
        before = before.next;
        steps++;
      }
      before.next = entry.next;
    }
    entry.next = free;
    free = entry;
  }

  /** Entries passed over so far because they share a bucket; for tests. */
  long stepsPassed() {
    return steps;
  }
}
