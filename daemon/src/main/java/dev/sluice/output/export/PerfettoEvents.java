package dev.sluice.output.export;

import static dev.sluice.output.export.PerfettoFields.*;
import static dev.sluice.output.export.Protobuf.*;

import java.io.IOException;
import java.util.List;

/** Writes the beginnings and ends of slices: nearly all of a Perfetto trace. */
final class PerfettoEvents {
  /** Names of arguments; a name's number is its place, from 1. */
  static final List<String> ANNOTATIONS =
      List.of(
          "taskId",
          "local_setup_ns",
          "loop_iter",
          "tasks_processed",
          "aic_at_start",
          "aiv_at_start",
          "mix_at_start",
          "aic_at_end",
          "aiv_at_end",
          "mix_at_end",
          "finish_rows_attributed",
          "submit_idx",
          "predicated_pass");

  /** Counters of the ready queue. */
  static final int COUNTERS = 3;

  private static final int TASK_ID = 1;
  private static final int LOCAL_SETUP = 2;
  private static final int LOOP_ITER = 3;
  private static final int TASKS_PROCESSED = 4;
  private static final int AT_START = 5;
  private static final int AT_END = 8;
  private static final int FINISH_ROWS = 11;
  private static final int SUBMIT_IDX = 12;
  private static final int PREDICATED_PASS = 13;

  /** Longest event without its name and flows. */
  private static final int EVENT_BYTES = 256;

  private static final int FLOW_BYTES = 10;

  /** From so many bytes on, two bytes may be too few for a length. */
  private static final int LONG_EVENT_BYTES = 1 << 13;

  /** How the beginning of an event of each type begins, from its tag on, as a word. */
  private static final int BEGIN_BYTES = 7;

  private final boolean isChip;
  private final SliceNames names;
  private final ByteOutput out;
  private final long[] beginnings;

  /**
   * @param categoryIids numbers of the categories, by type of slice
   */
  PerfettoEvents(boolean isChip, SliceNames names, int[] categoryIids, ByteOutput out) {
    this.isChip = isChip;
    this.names = names;
    this.out = out;
    beginnings = new long[categoryIids.length];
    byte[] bytes = new byte[Long.BYTES];
    for (int type = 0; type < beginnings.length; type++) {
      // Two bytes are left for the length.
      int p = tag(bytes, 0, PACKET_TRACK_EVENT) + 2;
      p = small(bytes, p, EVENT_TYPE, TYPE_SLICE_BEGIN);
      small(bytes, p, EVENT_CATEGORY_IIDS, categoryIids[type]);
      beginnings[type] = word(bytes, 0);
    }
  }

  void begin(PerfettoSequence sequence, Slice slice) throws IOException {
    Name name = names.of(slice);
    // Numbers begin at 1; without one, the name itself is written.
    int nameIid = SliceNames.key(slice) + 1;
    LongList flows = slice.beginFlows;
    int variable = 2 * name.length() + flows.size() * FLOW_BYTES;
    out.ensure(EVENT_BYTES + variable);
    int lengthBytes = variable > LONG_EVENT_BYTES ? 4 : 2;
    byte[] b = out.chunk();
    int packet = tag(b, out.position(), TRACE_PACKET);
    int p = time(b, packet + lengthBytes, sequence, slice.beginNs);
    if (nameIid != 0 && sequence.learns(nameIid)) {
      p = intern(b, p, nameIid, name);
    }
    long beginning = beginnings[slice.type.ordinal()];
    int event = p + 1;
    setWord(b, p, beginning);
    p += BEGIN_BYTES;
    if (lengthBytes != 2) {
      // Once more, behind a longer length.
      setWord(b, event + lengthBytes, beginning >>> (3 * Byte.SIZE));
      p += lengthBytes - 2;
    }
    p =
        nameIid != 0
            ? field(b, p, EVENT_NAME_IID, nameIid)
            : bytes(b, p, EVENT_NAME, name.bytes(), name.length());
    p = annotations(b, p, slice);
    for (int i = 0; i < flows.size(); i++) {
      p = fixed64(b, p, EVENT_FLOW_IDS, flows.get(i));
    }
    fillLength(b, event, lengthBytes, p);
    fillLength(b, packet, lengthBytes, p);
    out.moveTo(p);
  }

  /**
   * Ends the innermost slice.
   *
   * @param counters values at that moment, or null
   */
  void end(PerfettoSequence sequence, long endNs, short[] counters, LongList flows)
      throws IOException {
    int variable = flows.size() * FLOW_BYTES + (counters == null ? 0 : COUNTERS * FLOW_BYTES);
    out.ensure(EVENT_BYTES + variable);
    int lengthBytes = variable == 0 ? 1 : variable > LONG_EVENT_BYTES ? 4 : 2;
    byte[] b = out.chunk();
    int packet = tag(b, out.position(), TRACE_PACKET);
    int p = time(b, packet + lengthBytes, sequence, endNs);
    int event = tag(b, p, PACKET_TRACK_EVENT);
    p = event + lengthBytes;
    p = small(b, p, EVENT_TYPE, TYPE_SLICE_END);
    for (int i = 0; counters != null && i < COUNTERS; i++) {
      p = field(b, p, EVENT_EXTRA_COUNTER_VALUES, counters[i]);
    }
    for (int i = 0; i < flows.size(); i++) {
      p = fixed64(b, p, EVENT_FLOW_IDS, flows.get(i));
    }
    fillLength(b, event, lengthBytes, p);
    fillLength(b, packet, lengthBytes, p);
    out.moveTo(p);
  }

  /** Time and sequence; a time before the last one cannot be said by the incremental clock. */
  private static int time(byte[] b, int at, PerfettoSequence sequence, long timeNs) {
    int p = at;
    if (timeNs >= sequence.clockNs) {
      p = field(b, p, PACKET_TIMESTAMP, timeNs - sequence.clockNs);
      sequence.clockNs = timeNs;
    } else {
      p = field(b, p, PACKET_TIMESTAMP, timeNs);
      p = field(b, p, PACKET_TIMESTAMP_CLOCK_ID, BUILTIN_CLOCK_BOOTTIME);
    }
    setWord(b, p, sequence.prefix);
    p += sequence.prefixBytes;
    return p;
  }

  private static int intern(byte[] b, int at, int iid, Name name) {
    int data = tag(b, at, PACKET_INTERNED_DATA);
    int entry = tag(b, data + 2, INTERNED_EVENT_NAMES);
    int p = field(b, entry + 2, INTERNED_IID, iid);
    p = bytes(b, p, INTERNED_NAME, name.bytes(), name.length());
    fillLength(b, entry, 2, p);
    fillLength(b, data, 2, p);
    return p;
  }

  private int annotations(byte[] b, int at, Slice slice) {
    int p = at;
    switch (slice.type) {
      case KERNEL -> {
        p = annotation(b, p, TASK_ID, slice.taskId);
        if (isChip) {
          p = annotation(b, p, LOCAL_SETUP, slice.setupNs);
        }
      }
      case SETUP, ALLOC -> p = annotation(b, p, TASK_ID, slice.taskId);
      case SCHEDULED -> {
        // The same name as in the worker view, which has the number.
      }
      case DUMMY -> {
        p = annotation(b, p, TASK_ID, slice.taskId);
        if (slice.isPredicatedSkip) {
          p = annotation(b, p, PREDICATED_PASS, 0);
        }
      }
      case SUBMIT -> {
        p = annotation(b, p, TASK_ID, slice.taskId);
        p = annotation(b, p, SUBMIT_IDX, Integer.toUnsignedLong(slice.submitIdx));
      }
      case PHASE -> p = phaseAnnotations(b, p, slice);
    }
    return p;
  }

  private int phaseAnnotations(byte[] b, int at, Slice slice) {
    PhaseRow phase = slice.phase;
    int p = annotation(b, at, LOOP_ITER, Integer.toUnsignedLong(phase.loopIter));
    p = annotation(b, p, TASKS_PROCESSED, Integer.toUnsignedLong(phase.tasksProcessed));
    for (int i = 0; i < COUNTERS; i++) {
      p = annotation(b, p, AT_START + i, ANNOTATION_INT_VALUE, phase.depthAtStart[i]);
    }
    for (int i = 0; !phase.hasQueueSample() && i < COUNTERS; i++) {
      p = annotation(b, p, AT_END + i, ANNOTATION_INT_VALUE, phase.depthAtEnd[i]);
    }
    if (phase.isCompleting() && isChip) {
      p = annotation(b, p, FINISH_ROWS, slice.finishes);
    }
    return p;
  }

  private static int annotation(byte[] b, int at, int nameIid, long value) {
    return annotation(b, at, nameIid, ANNOTATION_UINT_VALUE, value);
  }

  private static int annotation(byte[] b, int at, int nameIid, int valueTag, long value) {
    int p = small(b, at + 2, ANNOTATION_NAME_IID, nameIid);
    b[p] = (byte) valueTag;
    int end = varint(b, p + 1, value);
    small(b, at, EVENT_DEBUG_ANNOTATIONS, end - at - 2);
    return end;
  }

  /** A tag and a value, or a length, that both fit into seven bits. */
  private static int small(byte[] b, int at, int tag, int value) {
    b[at] = (byte) tag;
    b[at + 1] = (byte) value;
    return at + 2;
  }
}
