package dev.sluice.output.export;

import java.util.Arrays;
import java.util.BitSet;

/**
 * What a reader knows of one packet sequence: the time to which its clock has advanced, the names
 * that it was told, and the slices that are open on its track, outermost first.
 */
final class PerfettoSequence {
  /** Deeper nesting than any scheduler's. */
  private static final int OPEN_SLICES = 16;

  final int id;

  /** Its number, and that its packets need its state, as they stand in every event: one word. */
  final long prefix;

  final int prefixBytes;

  private final BitSet knownNames = new BitSet();
  private final long[] openUntilNs = new long[OPEN_SLICES];
  private final LongList[] openFlows = new LongList[OPEN_SLICES];
  // Values of counters at the end of an open slice; most have none.
  private final short[][] openCounters = new short[OPEN_SLICES][PerfettoEvents.COUNTERS];
  private final boolean[] hasCounters = new boolean[OPEN_SLICES];
  private int open;

  /** Of the packet before. */
  long clockNs;

  boolean isStarted;

  PerfettoSequence(int id) {
    this.id = id;
    byte[] fields = new byte[16];
    int length = Protobuf.field(fields, 0, PerfettoFields.PACKET_SEQUENCE_ID, id);
    length =
        Protobuf.field(
            fields,
            length,
            PerfettoFields.PACKET_SEQUENCE_FLAGS,
            PerfettoFields.SEQ_NEEDS_INCREMENTAL_STATE);
    prefix = Protobuf.word(fields, 0);
    prefixBytes = length;
    Arrays.setAll(openFlows, i -> new LongList());
  }

  /** Whether the reader must still be told this name; it is known from now on. */
  boolean learns(int nameIid) {
    boolean isNew = !knownNames.get(nameIid);
    knownNames.set(nameIid);
    return isNew;
  }

  boolean isFull() {
    return open == OPEN_SLICES;
  }

  /** Opens a slice; its end carries these flows. */
  void push(long untilNs, LongList flows) {
    openUntilNs[open] = untilNs;
    openFlows[open].set(flows);
    hasCounters[open] = false;
    open++;
  }

  boolean hasOpen() {
    return open > 0;
  }

  /** When the innermost open slice ends. */
  long innermostEndNs() {
    return openUntilNs[open - 1];
  }

  /** Has the end of the innermost slice carry these values of counters, too. */
  void attach(short[] counters) {
    System.arraycopy(counters, 0, openCounters[open - 1], 0, counters.length);
    hasCounters[open - 1] = true;
  }

  /** What the end of the innermost slice carries; null if nothing. */
  short[] innermostCounters() {
    return hasCounters[open - 1] ? openCounters[open - 1] : null;
  }

  /** Closes the innermost slice; gives the flows of its end. */
  LongList pop() {
    open--;
    return openFlows[open];
  }
}
