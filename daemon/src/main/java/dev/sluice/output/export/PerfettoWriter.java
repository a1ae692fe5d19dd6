package dev.sluice.output.export;

import static dev.sluice.output.export.PerfettoFields.*;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
  private static final int DESCRIPTOR_SEQUENCE = 1;

  /** No descriptor is longer. */
  private static final int DESCRIPTOR_BYTES = 1 << 13;

  private static final long UUID_PID_SHIFT = 32;

  /** Behind all lanes. */
  private static final int COUNTER_TID = 1 << 20;

  /** From the track of a lane to that of the allocations on it. */
  private static final long ALLOCATION_UUIDS = 1L << 24;

  private static final List<String> COUNTER_NAMES = List.of("AIC", "AIV", "MIX");
  private static final List<String> CATEGORIES = List.of("event", "scheduler", "orchestrator");

  private final ByteOutput out;
  private final PerfettoEvents events;
  private final List<PerfettoSequence> laneSequences = new ArrayList<>();
  // By lane, likewise; null where there was none.
  private final List<PerfettoSequence> allocationSequences = new ArrayList<>();
  private int sequences = DESCRIPTOR_SEQUENCE;

  PerfettoWriter(TraceFacts facts, NameMap names, ByteOutput out) {
    this.out = out;
    int[] categoryIids =
        Arrays.stream(Slice.Type.values())
            .mapToInt(type -> CATEGORIES.indexOf(type.category()) + 1)
            .toArray();
    events = new PerfettoEvents(facts.isChip(), new SliceNames(names), categoryIids, out);
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
    putField(TRACK_UUID, uuid(pid, 0));
    int process = beginMessage(TRACK_PROCESS);
    putField(PROCESS_PID, pid);
    putString(PROCESS_NAME, name);
    endMessage(process);
    putField(TRACK_CHILD_ORDERING, CHILD_ORDERING_EXPLICIT);
    putField(TRACK_SIBLING_ORDER_RANK, sortIndex);
    endMessage(track);
    endMessage(packet);
  }

  @Override
  public void lane(Lane lane, int sortIndex) throws IOException {
    putTrack(uuid(lane), lane.pid(), lane.name(), lane.tid(), false);
    laneSequences.add(new PerfettoSequence(++sequences));
    allocationSequences.add(null);
    if (sortIndex != NO_SORT_INDEX) {
      // The only lane with a place of its own is that of the counters, which are tracks here.
      for (int i = 0; i < COUNTER_NAMES.size(); i++) {
        String name = "shared_ready_queue " + COUNTER_NAMES.get(i);
        putTrack(counterUuid(i), lane.pid(), name, COUNTER_TID + i, true);
      }
    }
  }

  private void putTrack(long uuid, int pid, String name, int rank, boolean isCounter)
      throws IOException {
    int packet = beginDescriptor();
    int track = beginMessage(PACKET_TRACK_DESCRIPTOR);
    putField(TRACK_UUID, uuid);
    putField(TRACK_PARENT_UUID, uuid(pid, 0));
    putString(TRACK_NAME, name);
    putField(TRACK_SIBLING_ORDER_RANK, rank);
    if (isCounter) {
      endMessage(beginMessage(TRACK_COUNTER));
    }
    endMessage(track);
    endMessage(packet);
  }

  private int beginDescriptor() throws IOException {
    out.ensure(DESCRIPTOR_BYTES);
    int packet = beginMessage(TRACE_PACKET);
    putField(PACKET_SEQUENCE_ID, DESCRIPTOR_SEQUENCE);
    return packet;
  }

  @Override
  public void slice(Slice slice) throws IOException {
    PerfettoSequence sequence =
        slice.type == Slice.Type.ALLOC
            ? allocations(slice.lane)
            : laneSequences.get(slice.lane.index());
    if (!sequence.isStarted) {
      start(sequence, uuid(slice.lane), slice.lane.pid());
    }
    closeUntil(sequence, slice.beginNs);
    if (sequence.isFull()) {
      closeInnermost(sequence);
    }
    events.begin(sequence, slice);
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
    allocationSequences.set(lane.index(), sequence);
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
    events.end(sequence, endNs, counters, sequence.pop());
  }

  private void start(PerfettoSequence sequence, long track, int pid) throws IOException {
    out.ensure(DESCRIPTOR_BYTES);
    int packet = beginMessage(TRACE_PACKET);
    putField(PACKET_SEQUENCE_ID, sequence.id);
    putField(PACKET_SEQUENCE_FLAGS, SEQ_INCREMENTAL_STATE_CLEARED);
    putField(PACKET_FIRST_ON_SEQUENCE, 1);
    int defaults = beginMessage(PACKET_DEFAULTS);
    putField(PACKET_TIMESTAMP_CLOCK_ID, SEQUENCE_CLOCK);
    int eventDefaults = beginMessage(DEFAULTS_TRACK_EVENT);
    putField(EVENT_TRACK_UUID, track);
    for (int i = 0; pid == View.SCHEDULER.pid() && i < COUNTER_NAMES.size(); i++) {
      putField(EVENT_EXTRA_COUNTER_TRACK_UUIDS, counterUuid(i));
    }
    endMessage(eventDefaults);
    endMessage(defaults);
    int interned = beginMessage(PACKET_INTERNED_DATA);
    putInterned(INTERNED_CATEGORIES, CATEGORIES);
    putInterned(INTERNED_ANNOTATION_NAMES, PerfettoEvents.ANNOTATIONS);
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
    putField(CLOCK_ID, id);
    putField(CLOCK_TIMESTAMP, 0);
    if (isIncremental) {
      putField(CLOCK_IS_INCREMENTAL, 1);
    }
    endMessage(clock);
  }

  private void putInterned(int tag, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      int entry = beginMessage(tag);
      putField(INTERNED_IID, i + 1);
      putString(INTERNED_NAME, names.get(i));
      endMessage(entry);
    }
  }

  /** Arrows are in the slices; see {@link FlowIds}. */
  @Override
  public boolean drawsFlows() {
    return false;
  }

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
    for (PerfettoSequence sequence : allocationSequences) {
      if (sequence != null) {
        closeUntil(sequence, Long.MAX_VALUE);
      }
    }
  }

  private void putField(int tag, long value) {
    out.moveTo(Protobuf.field(out.chunk(), out.position(), tag, value));
  }

  private void putString(int tag, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.moveTo(Protobuf.bytes(out.chunk(), out.position(), tag, bytes));
  }

  /** A message of at most 16 KiB: reserves its length. */
  private int beginMessage(int tag) {
    int at = Protobuf.tag(out.chunk(), out.position(), tag);
    out.moveTo(at + 2);
    return at;
  }

  private void endMessage(int at) {
    Protobuf.fillLength(out.chunk(), at, 2, out.position());
  }
}
