package dev.sluice.output.export;

/**
 * A track of a trace. Knows which slices are open on it, so that what overlaps without nesting gets
 * another lane, {@link #next}.
 */
final class Lane {
  /** Deeper nesting than any scheduler's. */
  static final int MAX_OPEN = 16;

  final int index;
  final int pid;
  final int tid;
  final String name;
  final boolean isNesting;

  /** Another lane of the same name beside this one; or null. */
  Lane next;

  private final long[] openEnds = new long[MAX_OPEN];
  private int open;
  private long lastBegin = Long.MIN_VALUE;
  private long lastEnd = Long.MIN_VALUE;

  /**
   * @param isNesting whether slices may lie within others
   */
  Lane(int index, int pid, int tid, String name, boolean isNesting) {
    this.index = index;
    this.pid = pid;
    this.tid = tid;
    this.name = name;
    this.isNesting = isNesting;
  }

  /** Whether a slice lies behind all others, or within the innermost one. Takes it if so. */
  boolean takes(long begin, long end) {
    close(begin);
    // One place is left for what is forced.
    boolean isFree = open == 0 || (isNesting && open < MAX_OPEN - 1 && end <= openEnds[open - 1]);
    if (!isFree || begin < lastEnd) {
      return false;
    }
    openEnds[open++] = end;
    lastBegin = begin;
    return true;
  }

  private void close(long now) {
    while (open > 0 && openEnds[open - 1] <= now) {
      lastEnd = Math.max(lastEnd, openEnds[--open]);
    }
  }

  /** Takes a slice without a length, which fits everywhere; returns where it must lie. */
  long force(long begin) {
    long at = Math.max(begin, Math.max(lastBegin, lastEnd));
    close(at);
    openEnds[open++] = at;
    lastBegin = at;
    return at;
  }
}
