package dev.sluice.output.export;

import java.io.IOException;
import java.util.Map;

/**
 * One trace format. A process is declared before its lanes, a lane before its slices. The slices of
 * a lane come in the order of their beginnings, an enclosing one before those within it. Arguments
 * are valid during the call.
 */
interface TraceSink {
  /**
   * Facts of the whole trace, once, before all else.
   *
   * @param clocks host clocks at time 0 of the trace
   */
  void begin(Map<String, Object> facts, Clocks clocks) throws IOException;

  /**
   * @param label more about the process, for people; empty for nothing
   */
  void process(int pid, String name, int sortIndex, String label) throws IOException;

  void lane(Lane lane) throws IOException;

  void slice(Slice slice) throws IOException;

  /** Values of the series of a lane. */
  void values(Lane lane, long timeNs, long... values) throws IOException;

  /** Everything was given. */
  void finish() throws IOException;

  /**
   * What the host's clocks show at a moment of the trace.
   *
   * @param traceNs the moment, as the trace counts
   */
  record Clocks(long traceNs, long monotonicNs, long realtimeNs, long boottimeNs) {}

  /**
   * A track of a trace, for slices or for curves. Knows which slices are open on it, so that what
   * overlaps without nesting gets another lane, {@link #next}.
   */
  final class Lane {
    /** Deeper nesting than any scheduler's. */
    static final int MAX_OPEN = 16;

    final int index;
    final int pid;
    final int tid;
    final String name;

    /** Lanes of a process are shown in this order. */
    int rank;

    /** Whether slices may lie within others. */
    final boolean isNesting;

    /** Names of curves that are drawn together; none on a lane for slices. */
    final String[] series;

    /** Another lane of the same name beside this one; or null. */
    Lane next;

    private final long[] openEnds = new long[MAX_OPEN];
    private int open;
    private long lastBegin = Long.MIN_VALUE;
    private long lastEnd = Long.MIN_VALUE;

    Lane(int index, int pid, int tid, String name, boolean isNesting, String... series) {
      this.index = index;
      this.pid = pid;
      this.tid = tid;
      this.rank = 16 * tid;
      this.name = name;
      this.isNesting = isNesting;
      this.series = series;
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
}
