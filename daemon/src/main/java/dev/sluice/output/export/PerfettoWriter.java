package dev.sluice.output.export;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.sluice.abi.SchedPhaseKind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Perfetto's own format: a stream of TracePacket messages (perfetto/trace/*.proto), written in one
 * pass. The numbers below are the fields of those messages.
 *
 * <p>Small because every lane is a packet sequence of its own: its defaults name the track, its
 * clock is incremental, so that a timestamp is the short distance from the one before, and names
 * are sent once.
 */
final class PerfettoWriter implements TraceSink {
  private static final int TRACE_PACKET = 1;
  private static final int PACKET_CLOCK_SNAPSHOT = 6;
  private static final int PACKET_TIMESTAMP = 8;
  private static final int PACKET_SEQUENCE_ID = 10;
  private static final int PACKET_TRACK_EVENT = 11;
  private static final int PACKET_INTERNED_DATA = 12;
  private static final int PACKET_SEQUENCE_FLAGS = 13;
  private static final int PACKET_TIMESTAMP_CLOCK_ID = 58;
  private static final int PACKET_DEFAULTS = 59;
  private static final int PACKET_TRACK_DESCRIPTOR = 60;
  private static final int PACKET_FIRST_ON_SEQUENCE = 87;
  private static final int STATE_CLEARED = 1;
  private static final int NEEDS_STATE = 2;
  private static final int DEFAULTS_TRACK_EVENT = 11;

  private static final int SNAPSHOT_CLOCKS = 1;
  private static final int CLOCK_ID = 1;
  private static final int CLOCK_TIMESTAMP = 2;
  private static final int CLOCK_IS_INCREMENTAL = 3;
  private static final int REALTIME = 1;
  private static final int MONOTONIC = 3;

  /** The clock of the trace itself. */
  private static final int BOOTTIME = 6;

  /** First of the ids that a sequence may define for itself. */
  private static final int SEQUENCE_CLOCK = 64;

  private static final int TRACK_UUID = 1;
  private static final int TRACK_NAME = 2;
  private static final int TRACK_PROCESS = 3;
  private static final int TRACK_PARENT_UUID = 5;
  private static final int TRACK_COUNTER = 8;
  private static final int TRACK_CHILD_ORDERING = 11;
  private static final int TRACK_SIBLING_RANK = 12;
  private static final int EXPLICIT_ORDER = 3;
  private static final int PROCESS_PID = 1;
  private static final int PROCESS_NAME = 6;
  private static final int PROCESS_LABELS = 8;

  private static final int INTERNED_CATEGORIES = 1;
  private static final int INTERNED_EVENT_NAMES = 2;
  private static final int INTERNED_ANNOTATION_NAMES = 3;
  private static final int INTERNED_IID = 1;
  private static final int INTERNED_NAME = 2;

  private static final int EVENT_CATEGORY_IIDS = 3;
  private static final int EVENT_ANNOTATIONS = 4;
  private static final int EVENT_TYPE = 9;
  private static final int EVENT_NAME_IID = 10;
  private static final int EVENT_TRACK_UUID = 11;
  private static final int EVENT_EXTRA_COUNTER_VALUES = 12;
  private static final int EVENT_COUNTER_VALUE = 30;
  private static final int EVENT_EXTRA_COUNTERS = 31;
  private static final int EVENT_FLOW_IDS = 47;
  private static final int TYPE_SLICE_BEGIN = 1;
  private static final int TYPE_SLICE_END = 2;
  private static final int TYPE_COUNTER = 4;
  private static final int ANNOTATION_NAME_IID = 1;
  private static final int ANNOTATION_UINT = 3;
  private static final int ANNOTATION_INT = 4;

  private static final int DESCRIPTOR_SEQUENCE = 1;
  private static final int FLOW_BYTES = 10;
  private static final int EVENT_BYTES = 256;
  private static final List<String> CATEGORIES =
      Arrays.stream(Slice.Type.values()).map(Slice.Type::category).distinct().toList();
  private static final int[] CATEGORY_IIDS =
      Arrays.stream(Slice.Type.values())
          .mapToInt(type -> CATEGORIES.indexOf(type.category()) + 1)
          .toArray();

  /** Names of arguments; a name's number is its place, from 1. */
  private enum Argument {
    TASK_ID("taskId"),
    LOCAL_SETUP("local_setup_ns"),
    LOOP_ITER("loop_iter"),
    TASKS_PROCESSED("tasks_processed"),
    AIC_AT_START("aic_at_start"),
    AIV_AT_START("aiv_at_start"),
    MIX_AT_START("mix_at_start"),
    AIC_AT_END("aic_at_end"),
    AIV_AT_END("aiv_at_end"),
    MIX_AT_END("mix_at_end"),
    FINISH_ROWS("finish_rows_attributed"),
    SUBMIT_IDX("submit_idx"),
    PREDICATED_PASS("predicated_pass"),
    RECORDS("records"),
    BUFFERS("buffers"),
    TIMES("times"),
    WAITED("waited_ns");

    private static final List<String> NAMES =
        Arrays.stream(values()).map(argument -> argument.text).toList();
    private final String text;

    Argument(String text) {
      this.text = text;
    }

    int iid() {
      return ordinal() + 1;
    }
  }

  /** What a reader knows of one packet sequence. */
  private static final class Sequence {
    private final int id;
    private final BitSet names = new BitSet();
    private final long[] openUntil = new long[Lane.MAX_OPEN];
    private final long[][] openFlows = new long[Lane.MAX_OPEN][];
    private int open;
    private long clockNs;

    Sequence(int id) {
      this.id = id;
    }
  }

  /** Writes the fields of a message. */
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static final long[] NO_FLOWS = {};

  private final CodedOutputStream out;
  // By lane.
  private final List<Sequence> sequences = new ArrayList<>();
  private byte[] scratch = new byte[1 << 12];
  private int sequenceIds = DESCRIPTOR_SEQUENCE;
  private long zeroNs;

  PerfettoWriter(OutputStream stream) {
    out = CodedOutputStream.newInstance(stream, 1 << 16);
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream coded = CodedOutputStream.newInstance(bytes);
    fields.write(coded);
    coded.flush();
    return bytes.toByteArray();
  }

  private void packet(Fields fields) throws IOException {
    out.writeByteArray(TRACE_PACKET, message(fields));
  }

  private static long uuid(int pid, int tid) {
    return ((long) pid << 32) | tid;
  }

  @Override
  public void begin(Map<String, Object> facts, Clocks clocks) throws IOException {
    zeroNs = clocks.traceNs();
    packet(
        packet -> {
          packet.writeUInt32(PACKET_SEQUENCE_ID, DESCRIPTOR_SEQUENCE);
          packet.writeByteArray(
              PACKET_CLOCK_SNAPSHOT,
              message(
                  snapshot -> {
                    clock(snapshot, BOOTTIME, clocks.boottimeNs(), false);
                    clock(snapshot, MONOTONIC, clocks.monotonicNs(), false);
                    clock(snapshot, REALTIME, clocks.realtimeNs(), false);
                  }));
        });
  }

  private static void clock(CodedOutputStream snapshot, int id, long ns, boolean isIncremental)
      throws IOException {
    snapshot.writeByteArray(
        SNAPSHOT_CLOCKS,
        message(
            clock -> {
              clock.writeUInt32(CLOCK_ID, id);
              clock.writeUInt64(CLOCK_TIMESTAMP, ns);
              if (isIncremental) {
                clock.writeBool(CLOCK_IS_INCREMENTAL, true);
              }
            }));
  }

  @Override
  public void process(int pid, String name, int sortIndex, String label) throws IOException {
    descriptor(
        track -> {
          track.writeUInt64(TRACK_UUID, uuid(pid, 0));
          track.writeByteArray(
              TRACK_PROCESS,
              message(
                  process -> {
                    process.writeInt32(PROCESS_PID, pid);
                    process.writeString(PROCESS_NAME, name);
                    if (!label.isEmpty()) {
                      process.writeString(PROCESS_LABELS, label);
                    }
                  }));
          track.writeUInt32(TRACK_CHILD_ORDERING, EXPLICIT_ORDER);
          track.writeInt32(TRACK_SIBLING_RANK, sortIndex);
        });
  }

  private void descriptor(Fields track) throws IOException {
    packet(
        packet -> {
          packet.writeUInt32(PACKET_SEQUENCE_ID, DESCRIPTOR_SEQUENCE);
          packet.writeByteArray(PACKET_TRACK_DESCRIPTOR, message(track));
        });
  }

  private void track(long uuid, int pid, String name, int rank, boolean isCounter)
      throws IOException {
    descriptor(
        track -> {
          track.writeUInt64(TRACK_UUID, uuid);
          track.writeUInt64(TRACK_PARENT_UUID, uuid(pid, 0));
          track.writeString(TRACK_NAME, name);
          track.writeInt32(TRACK_SIBLING_RANK, rank);
          if (isCounter) {
            track.writeByteArray(TRACK_COUNTER, new byte[0]);
          }
        });
  }

  @Override
  public void lane(Lane lane) throws IOException {
    track(uuid(lane.pid, lane.tid), lane.pid, lane.name, lane.tid, false);
    start(lane, 0);
  }

  @Override
  public void counter(Lane lane, String... series) throws IOException {
    for (int i = 0; i < series.length; i++) {
      track(counterUuid(lane, i), lane.pid, lane.name + " " + series[i], lane.tid, true);
    }
    start(lane, series.length);
  }

  /** Behind all lanes. */
  private static long counterUuid(Lane lane, int series) {
    return uuid(lane.pid, (1 << 24) + (lane.tid << 2) + series);
  }

  private void start(Lane lane, int counters) throws IOException {
    Sequence sequence = new Sequence(++sequenceIds);
    while (sequences.size() <= lane.index) {
      sequences.add(null);
    }
    sequences.set(lane.index, sequence);
    sequence.clockNs = zeroNs;
    packet(
        packet -> {
          packet.writeUInt32(PACKET_SEQUENCE_ID, sequence.id);
          packet.writeUInt32(PACKET_SEQUENCE_FLAGS, STATE_CLEARED);
          packet.writeBool(PACKET_FIRST_ON_SEQUENCE, true);
          packet.writeByteArray(
              PACKET_DEFAULTS,
              message(
                  defaults -> {
                    defaults.writeByteArray(
                        DEFAULTS_TRACK_EVENT,
                        message(
                            event -> {
                              event.writeUInt64(
                                  EVENT_TRACK_UUID,
                                  counters == 0 ? uuid(lane.pid, lane.tid) : counterUuid(lane, 0));
                              for (int i = 1; i < counters; i++) {
                                event.writeUInt64(EVENT_EXTRA_COUNTERS, counterUuid(lane, i));
                              }
                            }));
                    defaults.writeUInt32(PACKET_TIMESTAMP_CLOCK_ID, SEQUENCE_CLOCK);
                  }));
          packet.writeByteArray(
              PACKET_INTERNED_DATA,
              message(
                  data -> {
                    intern(data, INTERNED_CATEGORIES, CATEGORIES);
                    intern(data, INTERNED_ANNOTATION_NAMES, Argument.NAMES);
                  }));
          packet.writeByteArray(
              PACKET_CLOCK_SNAPSHOT,
              message(
                  snapshot -> {
                    clock(snapshot, BOOTTIME, zeroNs, false);
                    clock(snapshot, SEQUENCE_CLOCK, zeroNs, true);
                  }));
        });
  }

  private static void intern(CodedOutputStream data, int field, List<String> names)
      throws IOException {
    for (int i = 0; i < names.size(); i++) {
      intern(data, field, i + 1, names.get(i));
    }
  }

  private static void intern(CodedOutputStream data, int field, int iid, String name)
      throws IOException {
    data.writeByteArray(
        field,
        message(
            entry -> {
              entry.writeUInt64(INTERNED_IID, iid);
              entry.writeString(INTERNED_NAME, name);
            }));
  }

  @Override
  public void slice(Slice slice) throws IOException {
    Sequence sequence = sequences.get(slice.lane.index);
    closeUntil(sequence, slice.beginNs);
    Flows flows = slice.atBegin;
    CodedOutputStream event = scratch(flows.count());
    event.writeUInt32(EVENT_TYPE, TYPE_SLICE_BEGIN);
    event.writeUInt64(EVENT_CATEGORY_IIDS, CATEGORY_IIDS[slice.type.ordinal()]);
    event.writeUInt64(EVENT_NAME_IID, slice.name.number());
    arguments(event, slice);
    for (int i = 0; i < flows.count(); i++) {
      event.writeFixed64(EVENT_FLOW_IDS, flows.id(i));
    }
    byte[] interned = null;
    if (!sequence.names.get(slice.name.number())) {
      sequence.names.set(slice.name.number());
      interned =
          message(
              data -> intern(data, INTERNED_EVENT_NAMES, slice.name.number(), slice.name.text()));
    }
    event(sequence, slice.beginNs, interned, event.getTotalBytesWritten());
    sequence.openUntil[sequence.open] = slice.endNs;
    sequence.openFlows[sequence.open] = ids(slice.atEnd);
    sequence.open++;
  }

  private static long[] ids(Flows flows) {
    if (flows.count() == 0) {
      return NO_FLOWS;
    }
    long[] ids = new long[flows.count()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = flows.id(i);
    }
    return ids;
  }

  private CodedOutputStream scratch(int flows) {
    int needed = EVENT_BYTES + flows * FLOW_BYTES;
    if (scratch.length < needed) {
      scratch = new byte[2 * needed];
    }
    return CodedOutputStream.newInstance(scratch);
  }

  private void closeUntil(Sequence sequence, long nowNs) throws IOException {
    while (sequence.open > 0 && sequence.openUntil[sequence.open - 1] <= nowNs) {
      sequence.open--;
      long[] flows = sequence.openFlows[sequence.open];
      CodedOutputStream event = scratch(flows.length);
      event.writeUInt32(EVENT_TYPE, TYPE_SLICE_END);
      for (long flow : flows) {
        event.writeFixed64(EVENT_FLOW_IDS, flow);
      }
      event(sequence, sequence.openUntil[sequence.open], null, event.getTotalBytesWritten());
    }
  }

  /** Writes the packet of the event in the scratch array. */
  private void event(Sequence sequence, long timeNs, byte[] interned, int length)
      throws IOException {
    // The incremental clock cannot go back; a time before the last one is told as it is.
    boolean isBack = timeNs < sequence.clockNs;
    long since = isBack ? timeNs : timeNs - sequence.clockNs;
    sequence.clockNs = Math.max(sequence.clockNs, timeNs);
    int size =
        CodedOutputStream.computeUInt64Size(PACKET_TIMESTAMP, since)
            + (isBack
                ? CodedOutputStream.computeUInt32Size(PACKET_TIMESTAMP_CLOCK_ID, BOOTTIME)
                : 0)
            + CodedOutputStream.computeUInt32Size(PACKET_SEQUENCE_ID, sequence.id)
            + CodedOutputStream.computeUInt32Size(PACKET_SEQUENCE_FLAGS, NEEDS_STATE)
            + CodedOutputStream.computeTagSize(PACKET_TRACK_EVENT)
            + CodedOutputStream.computeUInt32SizeNoTag(length)
            + length
            + (interned == null
                ? 0
                : CodedOutputStream.computeByteArraySize(PACKET_INTERNED_DATA, interned));
    out.writeTag(TRACE_PACKET, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(size);
    out.writeUInt64(PACKET_TIMESTAMP, since);
    if (isBack) {
      out.writeUInt32(PACKET_TIMESTAMP_CLOCK_ID, BOOTTIME);
    }
    out.writeUInt32(PACKET_SEQUENCE_ID, sequence.id);
    out.writeUInt32(PACKET_SEQUENCE_FLAGS, NEEDS_STATE);
    if (interned != null) {
      out.writeByteArray(PACKET_INTERNED_DATA, interned);
    }
    out.writeTag(PACKET_TRACK_EVENT, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(length);
    out.write(scratch, 0, length);
  }

  private void arguments(CodedOutputStream event, Slice slice) throws IOException {
    switch (slice.type) {
      case KERNEL -> {
        argument(event, Argument.TASK_ID, slice.taskId);
        argument(event, Argument.LOCAL_SETUP, slice.setupNs);
      }
      case SETUP, SCHEDULED -> argument(event, Argument.TASK_ID, slice.taskId);
      case DUMMY -> {
        argument(event, Argument.TASK_ID, slice.taskId);
        if (slice.phase.kind == SchedPhaseKind.PREDICATED_SKIP) {
          argument(event, Argument.PREDICATED_PASS, 0);
        }
      }
      case SUBMIT, ALLOC -> {
        argument(event, Argument.TASK_ID, slice.taskId);
        argument(event, Argument.SUBMIT_IDX, Integer.toUnsignedLong(slice.submit.index));
      }
      case PHASE -> phase(event, slice.phase);
      case LOST -> {
        argument(event, Argument.RECORDS, slice.loss.records());
        argument(event, Argument.BUFFERS, slice.loss.count());
      }
      case STALL -> {
        argument(event, Argument.TIMES, slice.loss.count());
        argument(event, Argument.WAITED, slice.loss.waitedNs());
      }
    }
  }

  private static void phase(CodedOutputStream event, Row.Phase phase) throws IOException {
    argument(event, Argument.LOOP_ITER, Integer.toUnsignedLong(phase.loopIter));
    argument(event, Argument.TASKS_PROCESSED, Integer.toUnsignedLong(phase.tasksProcessed));
    depths(event, Argument.AIC_AT_START, phase.depthAtStart);
    if (!phase.hasQueueSample()) {
      depths(event, Argument.AIC_AT_END, phase.depthAtEnd);
    }
    if (phase.isCompleting()) {
      argument(event, Argument.FINISH_ROWS, phase.finishes);
    }
  }

  private static void depths(CodedOutputStream event, Argument first, short[] depths)
      throws IOException {
    for (int i = 0; i < depths.length; i++) {
      argument(event, first.iid() + i, ANNOTATION_INT, depths[i]);
    }
  }

  private static void argument(CodedOutputStream event, Argument argument, long value)
      throws IOException {
    argument(event, argument.iid(), ANNOTATION_UINT, value);
  }

  private static void argument(CodedOutputStream event, int iid, int field, long value)
      throws IOException {
    event.writeTag(EVENT_ANNOTATIONS, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    event.writeUInt32NoTag(3 + CodedOutputStream.computeUInt64SizeNoTag(value));
    event.writeUInt32(ANNOTATION_NAME_IID, iid);
    event.writeUInt64(field, value);
  }

  @Override
  public void values(Lane counter, long timeNs, long... values) throws IOException {
    CodedOutputStream event = scratch(0);
    event.writeUInt32(EVENT_TYPE, TYPE_COUNTER);
    event.writeInt64(EVENT_COUNTER_VALUE, values[0]);
    for (int i = 1; i < values.length; i++) {
      event.writeInt64(EVENT_EXTRA_COUNTER_VALUES, values[i]);
    }
    event(sequences.get(counter.index), timeNs, null, event.getTotalBytesWritten());
  }

  @Override
  public void finish() throws IOException {
    for (Sequence sequence : sequences) {
      if (sequence != null) {
        closeUntil(sequence, Long.MAX_VALUE);
      }
    }
    out.flush();
  }
}
