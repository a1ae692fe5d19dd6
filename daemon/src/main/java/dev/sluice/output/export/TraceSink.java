package dev.sluice.output.export;

import java.io.IOException;

/**
 * One trace format. A view is declared before its lanes, a lane before its slices. The slices of a
 * lane come in the order of their beginnings, an enclosing one before those within it; only {@link
 * Slice.Type#ALLOC} may come late. Arguments are valid during the call.
 */
interface TraceSink {
  int NO_SORT_INDEX = -1;

  void process(int pid, String name, int sortIndex) throws IOException;

  /**
   * @param sortIndex or {@link #NO_SORT_INDEX}
   */
  void lane(Lane lane, int sortIndex) throws IOException;

  void slice(Slice slice) throws IOException;

  /** Whether {@link #flow} does anything; if not, it is not called. */
  boolean drawsFlows();

  /** An arrow; both slices, if there are slices, also carry its id in {@link Slice}. */
  void flow(Flow flow) throws IOException;

  /**
   * How many tasks wait in the queue that all scheduler threads share, as one of them saw it at the
   * end of the phase that was given just before.
   *
   * @param phase where that phase lies
   */
  void queueDepth(Lane queue, Lane phase, long timeNs, short[] depths) throws IOException;

  /** Everything was given. */
  void finish() throws IOException;
}
