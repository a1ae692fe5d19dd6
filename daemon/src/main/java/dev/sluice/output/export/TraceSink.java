package dev.sluice.output.export;

import java.io.IOException;
import java.util.Map;

/**
 * Writer of one trace format. A process is declared before its lanes, a lane before its slices.
 * Slices of a lane arrive in order of their begins, enclosing ones before nested ones. Arguments
 * are valid only during the call.
 */
interface TraceSink {
  /**
   * Writes the facts about the whole trace, once and first.
   *
   * @param clocks host clocks at time 0 of the trace
   */
  void begin(Map<String, Object> facts, Clocks clocks) throws IOException;

  /**
   * @param label description of the process for people; may be empty
   */
  void process(int pid, String name, int sortIndex, String label) throws IOException;

  void lane(Lane lane) throws IOException;

  void slice(Slice slice) throws IOException;

  /** Writes the values of a lane's series. */
  void values(Lane lane, long timeNs, long... values) throws IOException;

  /** Ends the trace after the last call. */
  void finish() throws IOException;

  /**
   * The host's clocks at a moment of the trace.
   *
   * @param traceNs the moment in trace time
   */
  record Clocks(long traceNs, long monotonicNs, long realtimeNs, long boottimeNs) {}

  /**
   * A track of a trace, for slices or for curves. Keeps the open slices, so that one that overlaps
   * without nesting moves to another lane, {@link #next}.
   */
  final class Lane {
    /** Deeper nesting than any scheduler's. */
    static final int MAX_OPEN = 16;

    final int index;
    final int pid;
    final int tid;
    final String name;

    /** Order of the lanes of a process. */
    int rank;

    /** Whether slices may be nested. */
    final boolean isNesting;

    /** Names of curves that are drawn together; empty for a lane of slices. */
    final String[] series;

    /** Parallel lane of the same name; or null. */
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

    /**
     * Takes a slice that fits after all others or within the innermost open one; returns whether it
     * did.
     */
    boolean takes(long begin, long end) {
      close(begin);
      // One entry is reserved for forced slices.
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

    /** Takes a slice of zero length, which always fits; returns its time. */
    long force(long begin) {
      long at = Math.max(begin, Math.max(lastBegin, lastEnd));
      close(at);
      openEnds[open++] = at;
      lastBegin = at;
      return at;
    }
  }
}
