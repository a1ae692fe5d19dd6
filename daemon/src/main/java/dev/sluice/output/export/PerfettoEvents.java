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

  /**
   * Up to so many bytes of name and flows, one byte is enough for a length: all else in the packet
   * of any slice but a phase are 60 of the 127 bytes at most.
   */
  private static final int SHORT_EVENT_BYTES = 64;

  /** From so many bytes on, two bytes may be too few for a length. */
  private static final int LONG_EVENT_BYTES = 1 << 13;

  /** The event of an end without any attachment, from its tag on, as a word. */
  private static final int END_BYTES = 4;

  private static final long END = word(PACKET_TRACK_EVENT, 2, EVENT_TYPE, TYPE_SLICE_END);

  /** Type and category of the beginning of an event. */
  private static final int KIND_BYTES = 4;

  private final boolean isChip;
  private final SliceNames names;
  private final ByteOutput out;
  // As they stand in the event, by type of slice, as words.
  private final long[] kinds;

  /**
   * @param categoryIids numbers of the categories, by type of slice
   */
  PerfettoEvents(boolean isChip, SliceNames names, int[] categoryIids, ByteOutput out) {
    this.isChip = isChip;
    this.names = names;
    this.out = out;
    kinds = new long[categoryIids.length];
    for (int type = 0; type < kinds.length; type++) {
      kinds[type] = word(EVENT_TYPE, TYPE_SLICE_BEGIN, EVENT_CATEGORY_IIDS, categoryIids[type]);
    }
  }

  /** Two pairs of bytes, each a tag and what follows. */
  private static long word(int tag, int value, int nextTag, int nextValue) {
    byte[] bytes = new byte[Long.BYTES];
    small(bytes, small(bytes, 0, tag, value), nextTag, nextValue);
    return Protobuf.word(bytes, 0);
  }

  void begin(PerfettoSequence sequence, Slice slice) throws IOException {
    // Numbers begin at 1; without one, the name itself is written.
    int nameIid = SliceNames.key(slice) + 1;
    boolean isNewName = nameIid != 0 && sequence.learns(nameIid);
    LongList flows = slice.beginFlows;
    int variable = flows.size() * FLOW_BYTES;
    if (nameIid == 0 || isNewName) {
      variable += names.maxBytes(slice);
    }
    out.ensure(EVENT_BYTES + variable);
    boolean isShort = variable <= SHORT_EVENT_BYTES && !isNewName && slice.type != Slice.Type.PHASE;
    int lengthBytes = isShort ? 1 : lengthBytes(variable);
    byte[] b = out.chunk();
    int packet = tag(b, out.position(), TRACE_PACKET);
    int p = time(b, packet + lengthBytes, sequence, slice.beginNs);
    if (isNewName) {
      p = intern(b, p, nameIid, slice, lengthBytes);
    }
    int event = tag(b, p, PACKET_TRACK_EVENT);
    p = event + lengthBytes;
    setWord(b, p, kinds[slice.type.ordinal()]);
    p += KIND_BYTES;
    p =
        nameIid != 0
            ? field(b, p, EVENT_NAME_IID, nameIid)
            : name(b, tag(b, p, EVENT_NAME), slice, lengthBytes);
    p = annotations(b, p, slice);
    p = flows(b, p, flows);
    fillLength(b, event, lengthBytes, p);
    fillLength(b, packet, lengthBytes, p);
    out.moveTo(p);
  }

  /** For the length of a message with so many bytes of names and flows. */
  private static int lengthBytes(int variable) {
    return variable > LONG_EVENT_BYTES ? 4 : 2;
  }

  /** The name of a slice, behind its tag. */
  private int name(byte[] b, int at, Slice slice, int lengthBytes) {
    int end = names.put(b, at + lengthBytes, slice);
    fillLength(b, at, lengthBytes, end);
    return end;
  }

  private static int flows(byte[] b, int at, LongList flows) {
    int p = at;
    for (int i = 0; i < flows.size(); i++) {
      p = fixed64(b, p, EVENT_FLOW_IDS, flows.get(i));
    }
    return p;
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
    int lengthBytes = variable == 0 ? 1 : lengthBytes(variable);
    byte[] b = out.chunk();
    int packet = tag(b, out.position(), TRACE_PACKET);
    int p = time(b, packet + lengthBytes, sequence, endNs);
    if (variable == 0) {
      setWord(b, p, END);
      p += END_BYTES;
    } else {
      int event = tag(b, p, PACKET_TRACK_EVENT);
      p = small(b, event + lengthBytes, EVENT_TYPE, TYPE_SLICE_END);
      for (int i = 0; counters != null && i < COUNTERS; i++) {
        p = field(b, p, EVENT_EXTRA_COUNTER_VALUES, counters[i]);
      }
      p = flows(b, p, flows);
      fillLength(b, event, lengthBytes, p);
    }
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

  private int intern(byte[] b, int at, int iid, Slice slice, int lengthBytes) {
    int data = tag(b, at, PACKET_INTERNED_DATA);
    int entry = tag(b, data + lengthBytes, INTERNED_EVENT_NAMES);
    int p = field(b, entry + lengthBytes, INTERNED_IID, iid);
    p = name(b, tag(b, p, INTERNED_NAME), slice, lengthBytes);
    fillLength(b, entry, lengthBytes, p);
    fillLength(b, data, lengthBytes, p);
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
