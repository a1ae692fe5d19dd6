package dev.sluice.output.export;

import static dev.sluice.output.export.PerfettoFields.*;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Perfetto's own format: a stream of TracePacket messages, written in one pass.
 *
 * <p>Small because every lane is a packet sequence of its own: its defaults name the track, its
 * clock is incremental, so that a timestamp is the short distance from the one before, and names
 * that recur are sent once. The names of tasks are all different and stand in their events. The
 * same tracks, names and times as in the Chrome trace; of the arguments those that do not follow
 * from the rest. Colours do not exist in this format.
 */
final class PerfettoWriter implements TraceSink {
  /** Longest event without its name and flows. */
  private static final int EVENT_BYTES = 256;

  private static final int FLOW_BYTES = 10;
  private static final int DESCRIPTOR_SEQUENCE = 1;
  private static final int COUNTERS = 3;
  private static final long UUID_PID_SHIFT = 32;

  /** Behind all lanes. */
  private static final int COUNTER_TID = 1 << 20;

  /** From the track of a lane to that of the allocations on it. */
  private static final long ALLOCATION_UUIDS = 1L << 24;

  /** Names that may recur are interned up to this many; later ones stand in their events. */
  private static final int MAX_INTERNED_NAMES = 4096;

  private static final List<String> ANNOTATIONS =
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
  private static final int TASK_ID = 1;
  private static final int LOCAL_SETUP = 2;
  private static final int LOOP_ITER = 3;
  private static final int TASKS_PROCESSED = 4;
  private static final int AT_START = 5;
  private static final int AT_END = 8;
  private static final int FINISH_ROWS = 11;
  private static final int SUBMIT_IDX = 12;
  private static final int PREDICATED_PASS = 13;
  private static final List<String> CATEGORIES = List.of("event", "scheduler", "orchestrator");

  private final TraceFacts facts;
  private final ByteOutput out;
  private final List<PerfettoSequence> laneSequences = new ArrayList<>();
  private final Map<Integer, PerfettoSequence> allocationSequences = new HashMap<>();
  private final Map<Long, Integer> nameIids = new HashMap<>();
  private final int[] categoryIids;
  private int sequences = DESCRIPTOR_SEQUENCE;

  PerfettoWriter(TraceFacts facts, ByteOutput out) {
    this.facts = facts;
    this.out = out;
    Slice.Type[] types = Slice.Type.values();
    categoryIids = new int[types.length];
    for (Slice.Type type : types) {
      categoryIids[type.ordinal()] = CATEGORIES.indexOf(type.category()) + 1;
    }
  }

  private static long uuid(int pid, int tid) {
    return ((long) pid << UUID_PID_SHIFT) | tid;
  }

  private static long uuid(Lane lane) {
    return uuid(lane.pid(), lane.tid());
  }

  private static long counterUuid(int counter) {
    return uuid(View.SCHEDULER.pid(), COUNTER_TID + counter);
  }

  @Override
  public void process(int pid, String name, int sortIndex) throws IOException {
    int packet = beginDescriptor();
    int track = beginMessage(PACKET_TRACK_DESCRIPTOR);
    putVarint(TRACK_UUID, uuid(pid, 0));
    int process = beginMessage(TRACK_PROCESS);
    putVarint(PROCESS_PID, pid);
    putString(PROCESS_NAME, name);
    endMessage(process);
    putVarint(TRACK_CHILD_ORDERING, CHILD_ORDERING_EXPLICIT);
    putVarint(TRACK_SIBLING_ORDER_RANK, sortIndex);
    endMessage(track);
    endMessage(packet);
  }

  @Override
  public void lane(Lane lane, int sortIndex) throws IOException {
    putTrack(uuid(lane), lane.pid(), lane.name(), lane.tid(), false);
    laneSequences.add(new PerfettoSequence(++sequences));
    if (sortIndex != NO_SORT_INDEX) {
      // The only lane with a place of its own is that of the counters, which are tracks here.
      String[] names = {"AIC", "AIV", "MIX"};
      for (int i = 0; i < COUNTERS; i++) {
        String name = "shared_ready_queue " + names[i];
        putTrack(counterUuid(i), lane.pid(), name, COUNTER_TID + i, true);
      }
    }
  }

  private void putTrack(long uuid, int pid, String name, int rank, boolean isCounter)
      throws IOException {
    int packet = beginDescriptor();
    int track = beginMessage(PACKET_TRACK_DESCRIPTOR);
    putVarint(TRACK_UUID, uuid);
    putVarint(TRACK_PARENT_UUID, uuid(pid, 0));
    putString(TRACK_NAME, name);
    putVarint(TRACK_SIBLING_ORDER_RANK, rank);
    if (isCounter) {
      endMessage(beginMessage(TRACK_COUNTER));
    }
    endMessage(track);
    endMessage(packet);
  }

  private int beginDescriptor() throws IOException {
    out.ensure(1 << 14);
    int packet = beginMessage(TRACE_PACKET);
    putVarint(PACKET_SEQUENCE_ID, DESCRIPTOR_SEQUENCE);
    return packet;
  }

  @Override
  public void slice(Slice slice) throws IOException {
    PerfettoSequence sequence = laneSequences.get(slice.lane.index());
    if (slice.type == Slice.Type.ALLOC) {
      sequence = allocations(slice.lane);
    }
    if (!sequence.isStarted) {
      start(sequence, uuid(slice.lane), slice.lane.pid());
    }
    closeUntil(sequence, slice.beginNs);
    if (sequence.isFull()) {
      closeInnermost(sequence);
    }
    putBegin(sequence, slice);
    sequence.push(slice.endNs, slice.endFlows);
  }

  /**
   * Allocations come late, and in older generations share a lane with another thread's dummies: a
   * track of their own under the same name, which the viewer shows as one.
   */
  private PerfettoSequence allocations(Lane lane) throws IOException {
    PerfettoSequence known = allocationSequences.get(lane.index());
    if (known != null) {
      return known;
    }
    long track = uuid(lane) + ALLOCATION_UUIDS;
    putTrack(track, lane.pid(), lane.name(), lane.tid(), false);
    PerfettoSequence sequence = new PerfettoSequence(++sequences);
    start(sequence, track, lane.pid());
    allocationSequences.put(lane.index(), sequence);
    return sequence;
  }

  private void closeUntil(PerfettoSequence sequence, long nowNs) throws IOException {
    while (sequence.hasOpen() && sequence.innermostEndNs() <= nowNs) {
      closeInnermost(sequence);
    }
  }

  private void closeInnermost(PerfettoSequence sequence) throws IOException {
    long endNs = sequence.innermostEndNs();
    short[] counters = sequence.innermostCounters();
    putEnd(sequence, endNs, counters, sequence.pop());
  }

  private void start(PerfettoSequence sequence, long track, int pid) throws IOException {
    out.ensure(1 << 12);
    int packet = beginMessage(TRACE_PACKET);
    putVarint(PACKET_SEQUENCE_ID, sequence.id);
    putVarint(PACKET_SEQUENCE_FLAGS, SEQ_INCREMENTAL_STATE_CLEARED);
    putVarint(PACKET_FIRST_ON_SEQUENCE, 1);
    int defaults = beginMessage(PACKET_DEFAULTS);
    putVarint(PACKET_TIMESTAMP_CLOCK_ID, SEQUENCE_CLOCK);
    int eventDefaults = beginMessage(DEFAULTS_TRACK_EVENT);
    putVarint(EVENT_TRACK_UUID, track);
    for (int i = 0; pid == View.SCHEDULER.pid() && i < COUNTERS; i++) {
      putVarint(EVENT_EXTRA_COUNTER_TRACK_UUIDS, counterUuid(i));
    }
    endMessage(eventDefaults);
    endMessage(defaults);
    int interned = beginMessage(PACKET_INTERNED_DATA);
    for (int i = 0; i < CATEGORIES.size(); i++) {
      putInterned(INTERNED_CATEGORIES, i + 1, CATEGORIES.get(i));
    }
    for (int i = 0; i < ANNOTATIONS.size(); i++) {
      putInterned(INTERNED_ANNOTATION_NAMES, i + 1, ANNOTATIONS.get(i));
    }
    endMessage(interned);
    int snapshot = beginMessage(PACKET_CLOCK_SNAPSHOT);
    putClock(BUILTIN_CLOCK_BOOTTIME, false);
    putClock(SEQUENCE_CLOCK, true);
    endMessage(snapshot);
    endMessage(packet);
    sequence.isStarted = true;
  }

  private void putClock(int id, boolean isIncremental) {
    int clock = beginMessage(SNAPSHOT_CLOCKS);
    putVarint(CLOCK_ID, id);
    putVarint(CLOCK_TIMESTAMP, 0);
    if (isIncremental) {
      putVarint(CLOCK_IS_INCREMENTAL, 1);
    }
    endMessage(clock);
  }

  private void putInterned(int tag, int iid, String name) {
    int entry = beginMessage(tag);
    putVarint(INTERNED_IID, iid);
    putString(INTERNED_NAME, name);
    endMessage(entry);
  }

  private void putBegin(PerfettoSequence sequence, Slice slice) throws IOException {
    int flows = slice.beginFlows.size() * FLOW_BYTES;
    out.ensure(EVENT_BYTES + 2 * slice.name.length() + flows);
    int lengthBytes = flows + slice.name.length() > 1 << 12 ? 4 : 2;
    out.putVarint(TRACE_PACKET);
    int packet = out.reserveLength(lengthBytes);
    putTime(sequence, slice.beginNs);
    putVarint(PACKET_SEQUENCE_FLAGS, SEQ_NEEDS_INCREMENTAL_STATE);
    int nameIid = nameIid(slice);
    if (nameIid != 0 && sequence.learns(nameIid)) {
      int interned = beginMessage(PACKET_INTERNED_DATA);
      int entry = beginMessage(INTERNED_EVENT_NAMES);
      putVarint(INTERNED_IID, nameIid);
      putName(INTERNED_NAME, slice.name);
      endMessage(entry);
      endMessage(interned);
    }
    out.putVarint(PACKET_TRACK_EVENT);
    int event = out.reserveLength(lengthBytes);
    putVarint(EVENT_TYPE, TYPE_SLICE_BEGIN);
    putVarint(EVENT_CATEGORY_IIDS, categoryIids[slice.type.ordinal()]);
    if (nameIid != 0) {
      putVarint(EVENT_NAME_IID, nameIid);
    } else {
      putName(EVENT_NAME, slice.name);
    }
    putAnnotations(slice);
    for (int i = 0; i < slice.beginFlows.size(); i++) {
      out.putVarint(EVENT_FLOW_IDS);
      out.putFixed64(slice.beginFlows.get(i));
    }
    out.fillLength(event, lengthBytes);
    out.fillLength(packet, lengthBytes);
  }

  private void putEnd(PerfettoSequence sequence, long endNs, short[] counters, LongList flows)
      throws IOException {
    int flowBytes = flows.size() * FLOW_BYTES;
    out.ensure(EVENT_BYTES + flowBytes);
    int lengthBytes = flowBytes == 0 ? 1 : flowBytes > 1 << 12 ? 4 : 2;
    out.putVarint(TRACE_PACKET);
    int packet = out.reserveLength(lengthBytes);
    putTime(sequence, endNs);
    putVarint(PACKET_SEQUENCE_FLAGS, SEQ_NEEDS_INCREMENTAL_STATE);
    out.putVarint(PACKET_TRACK_EVENT);
    int event = out.reserveLength(lengthBytes);
    putVarint(EVENT_TYPE, TYPE_SLICE_END);
    for (int i = 0; counters != null && i < COUNTERS; i++) {
      putVarint(EVENT_EXTRA_COUNTER_VALUES, counters[i]);
    }
    for (int i = 0; i < flows.size(); i++) {
      out.putVarint(EVENT_FLOW_IDS);
      out.putFixed64(flows.get(i));
    }
    out.fillLength(event, lengthBytes);
    out.fillLength(packet, lengthBytes);
  }

  /** Sequence and time; a time before the last one cannot be said by the incremental clock. */
  private void putTime(PerfettoSequence sequence, long timeNs) {
    if (timeNs >= sequence.clockNs) {
      putVarint(PACKET_TIMESTAMP, timeNs - sequence.clockNs);
      sequence.clockNs = timeNs;
    } else {
      putVarint(PACKET_TIMESTAMP, timeNs);
      putVarint(PACKET_TIMESTAMP_CLOCK_ID, BUILTIN_CLOCK_BOOTTIME);
    }
    putVarint(PACKET_SEQUENCE_ID, sequence.id);
  }

  private int nameIid(Slice slice) {
    if (slice.nameKey == Slice.UNIQUE_NAME) {
      return 0;
    }
    Integer known = nameIids.get(slice.nameKey);
    if (known != null) {
      return known;
    }
    if (nameIids.size() == MAX_INTERNED_NAMES) {
      return 0;
    }
    int iid = nameIids.size() + 1;
    nameIids.put(slice.nameKey, iid);
    return iid;
  }

  private void putAnnotations(Slice slice) {
    switch (slice.type) {
      case KERNEL -> {
        putAnnotation(TASK_ID, slice.taskId);
        if (facts.isChip()) {
          putAnnotation(LOCAL_SETUP, slice.setupNs);
        }
      }
      case SETUP, ALLOC -> putAnnotation(TASK_ID, slice.taskId);
      case SCHEDULED -> {
        // The same name as in the worker view, which has the number.
      }
      case DUMMY -> {
        putAnnotation(TASK_ID, slice.taskId);
        if (slice.isPredicatedSkip) {
          putAnnotation(PREDICATED_PASS, 0);
        }
      }
      case SUBMIT -> {
        putAnnotation(TASK_ID, slice.taskId);
        putAnnotation(SUBMIT_IDX, Integer.toUnsignedLong(slice.submitIdx));
      }
      case PHASE -> {
        PhaseRow phase = slice.phase;
        putAnnotation(LOOP_ITER, Integer.toUnsignedLong(phase.loopIter));
        putAnnotation(TASKS_PROCESSED, Integer.toUnsignedLong(phase.tasksProcessed));
        for (int i = 0; i < COUNTERS; i++) {
          putSignedAnnotation(AT_START + i, phase.depthAtStart[i]);
        }
        for (int i = 0; !phase.hasQueueSample() && i < COUNTERS; i++) {
          putSignedAnnotation(AT_END + i, phase.depthAtEnd[i]);
        }
        if (phase.isCompleting() && facts.isChip()) {
          putAnnotation(FINISH_ROWS, slice.finishes);
        }
      }
    }
  }

  private void putAnnotation(int nameIid, long value) {
    int annotation = beginShort(EVENT_DEBUG_ANNOTATIONS);
    putVarint(ANNOTATION_NAME_IID, nameIid);
    putVarint(ANNOTATION_UINT_VALUE, value);
    out.fillLength(annotation, 1);
  }

  private void putSignedAnnotation(int nameIid, long value) {
    int annotation = beginShort(EVENT_DEBUG_ANNOTATIONS);
    putVarint(ANNOTATION_NAME_IID, nameIid);
    putVarint(ANNOTATION_INT_VALUE, value);
    out.fillLength(annotation, 1);
  }

  /** Arrows are in the slices; see {@link FlowIds}. */
  @Override
  public void flow(Flow flow) {}

  /** The end of the phase carries the values. */
  @Override
  public void queueDepth(Lane queue, Lane phase, long timeNs, short[] depths) {
    laneSequences.get(phase.index()).attach(depths);
  }

  @Override
  public void finish() throws IOException {
    for (PerfettoSequence sequence : laneSequences) {
      closeUntil(sequence, Long.MAX_VALUE);
    }
    for (PerfettoSequence sequence : allocationSequences.values()) {
      closeUntil(sequence, Long.MAX_VALUE);
    }
  }

  private void putVarint(int tag, long value) {
    out.putVarint(tag);
    out.putVarint(value);
  }

  private void putString(int tag, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putVarint(tag, bytes.length);
    out.put(bytes);
  }

  private void putName(int tag, Name name) {
    putVarint(tag, name.length());
    out.put(name.bytes(), name.length());
  }

  /** A message of at most 127 bytes. */
  private int beginShort(int tag) {
    out.putVarint(tag);
    return out.reserveLength(1);
  }

  /** A message of at most 16 KiB. */
  private int beginMessage(int tag) {
    out.putVarint(tag);
    return out.reserveLength(2);
  }

  private void endMessage(int at) {
    out.fillLength(at, 2);
  }
}
