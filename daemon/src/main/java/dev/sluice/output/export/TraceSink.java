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
   * What the host's clocks show at a moment of the trace.
   *
   * @param traceNs the moment, as the trace counts
   */
  record Clocks(long traceNs, long monotonicNs, long realtimeNs, long boottimeNs) {}

  /**
   * @param label more about the process, for people; empty for nothing
   */
  void process(int pid, String name, int sortIndex, String label) throws IOException;

  void lane(Lane lane) throws IOException;

  /** A lane that holds values; {@code series} are drawn together. */
  void counter(Lane lane, String... series) throws IOException;

  void slice(Slice slice) throws IOException;

  /** Values of a counter's series. */
  void values(Lane counter, long timeNs, long... values) throws IOException;

  /** Everything was given. */
  void finish() throws IOException;
}
