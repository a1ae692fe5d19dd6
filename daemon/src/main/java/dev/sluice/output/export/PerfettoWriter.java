package dev.sluice.output.export;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Writes Perfetto's own format: a stream of TracePacket messages (perfetto/trace/*.proto), in one
 * pass. The numbers are the fields of those messages.
 *
 * <p>Compact because each lane is its own packet sequence: its defaults name the track, its clock
 * is incremental, so that a timestamp is the short distance from the previous one, and names are
 * sent once.
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
  private static final int STATE_CLEARED = 1;
  private static final int NEEDS_STATE = 2;

  private static final int REALTIME = 1;
  private static final int MONOTONIC = 3;

  /** The clock of the trace itself. */
  private static final int BOOTTIME = 6;

  /** First id that a sequence may define for itself. */
  private static final int SEQUENCE_CLOCK = 64;

  private static final int INTERNED_CATEGORIES = 1;
  private static final int INTERNED_EVENT_NAMES = 2;
  private static final int INTERNED_ANNOTATION_NAMES = 3;

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
      Arrays.stream(Slice.Type.values()).map(type -> type.category).distinct().toList();
  private static final int[] CATEGORY_IIDS =
      Arrays.stream(Slice.Type.values())
          .mapToInt(type -> CATEGORIES.indexOf(type.category) + 1)
          .toArray();

  /** The reader's state of one packet sequence. */
  private static final class Sequence {
    private final int id;
    private final BitSet names = new BitSet();
    private final long[] openUntil = new long[Lane.MAX_OPEN];
    private final List<List<Row.Arrow>> openArrows = new ArrayList<>();
    private long clockNs;

    Sequence(int id) {
      this.id = id;
    }
  }

  /** A message, built field by field. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CodedOutputStream fields = CodedOutputStream.newInstance(bytes);

    Message put(int field, long value) throws IOException {
      fields.writeUInt64(field, value);
      return this;
    }

    Message put(int field, String value) throws IOException {
      fields.writeString(field, value);
      return this;
    }

    Message put(int field, Message value) throws IOException {
      fields.writeByteArray(field, value.toByteArray());
      return this;
    }

    /** Adds an entry of interned data. */
    Message intern(int field, int iid, String name) throws IOException {
      return put(field, new Message().put(1, iid).put(2, name));
    }

    /** Adds a clock of a snapshot; an incremental one counts from the previous packet. */
    Message clock(int id, long ns) throws IOException {
      Message clock = new Message().put(1, id).put(2, ns);
      return put(1, id == SEQUENCE_CLOCK ? clock.put(3, 1) : clock);
    }

    byte[] toByteArray() throws IOException {
      fields.flush();
      return bytes.toByteArray();
    }
  }

  private final CodedOutputStream out;
  // By lane.
  private final List<Sequence> sequences = new ArrayList<>();
  private byte[] scratch = new byte[1 << 12];
  private int sequenceIds = DESCRIPTOR_SEQUENCE;
  private long zeroNs;

  PerfettoWriter(OutputStream stream) {
    out = CodedOutputStream.newInstance(stream, 1 << 16);
  }

  private void packet(int sequence, Message packet) throws IOException {
    out.writeByteArray(TRACE_PACKET, packet.put(PACKET_SEQUENCE_ID, sequence).toByteArray());
  }

  private static long uuid(int pid, int tid) {
    return ((long) pid << 32) | tid;
  }

  @Override
  public void begin(Map<String, Object> facts, Clocks clocks) throws IOException {
    zeroNs = clocks.traceNs();
    Message snapshot =
        new Message()
            .clock(BOOTTIME, clocks.boottimeNs())
            .clock(MONOTONIC, clocks.monotonicNs())
            .clock(REALTIME, clocks.realtimeNs());
    packet(DESCRIPTOR_SEQUENCE, new Message().put(PACKET_CLOCK_SNAPSHOT, snapshot));
  }

  /** Writes a TrackDescriptor: uuid 1, name 2, process 3, parent 5, counter 8, order 11 and 12. */
  private void track(Message track, int rank) throws IOException {
    packet(DESCRIPTOR_SEQUENCE, new Message().put(60, track.put(12, rank)));
  }

  @Override
  public void process(int pid, String name, int sortIndex, String label) throws IOException {
    // A ProcessDescriptor: pid 1, name 6, labels 8. Its lanes are ordered by rank: 3.
    Message process = new Message().put(1, pid).put(6, name);
    if (!label.isEmpty()) {
      process.put(8, label);
    }
    track(new Message().put(1, uuid(pid, 0)).put(3, process).put(11, 3), sortIndex);
  }

  private static Message track(Lane lane, long uuid, String name) throws IOException {
    return new Message().put(1, uuid).put(5, uuid(lane.pid, 0)).put(2, name);
  }

  @Override
  public void lane(Lane lane) throws IOException {
    long uuid = uuid(lane.pid, lane.tid);
    if (lane.series.length == 0) {
      track(track(lane, uuid, lane.name), lane.rank);
      start(lane, new Message().put(EVENT_TRACK_UUID, uuid));
      return;
    }
    Message event = new Message();
    for (int i = 0; i < lane.series.length; i++) {
      // Above the ids of all lanes.
      uuid = uuid(lane.pid, (1 << 24) + (lane.tid << 2) + i);
      track(track(lane, uuid, lane.name + " " + lane.series[i]).put(8, new Message()), lane.rank);
      event.put(i == 0 ? EVENT_TRACK_UUID : EVENT_EXTRA_COUNTERS, uuid);
    }
    start(lane, event);
  }

  /** Begins the packet sequence of a lane, with the common fields of its events. */
  private void start(Lane lane, Message eventDefaults) throws IOException {
    Sequence sequence = new Sequence(++sequenceIds);
    while (sequences.size() <= lane.index) {
      sequences.add(null);
    }
    sequences.set(lane.index, sequence);
    sequence.clockNs = zeroNs;
    Message names = new Message();
    for (String category : CATEGORIES) {
      names.intern(INTERNED_CATEGORIES, CATEGORIES.indexOf(category) + 1, category);
    }
    for (Slice.Arg arg : Slice.Arg.values()) {
      List<String> texts =
          switch (arg.form) {
            case NUMBER, FLAG -> List.of(arg.text);
            case NS -> List.of(arg.text + "_ns");
            case DEPTHS -> List.of("aic_" + arg.text, "aiv_" + arg.text, "mix_" + arg.text);
          };
      for (int i = 0; i < texts.size(); i++) {
        names.intern(INTERNED_ANNOTATION_NAMES, iid(arg) + i, texts.get(i));
      }
    }
    packet(
        sequence.id,
        new Message()
            .put(PACKET_SEQUENCE_FLAGS, STATE_CLEARED)
            .put(87, 1) // first_packet_on_sequence
            .put( // trace_packet_defaults
                59,
                new Message()
                    .put(PACKET_TRACK_EVENT, eventDefaults)
                    .put(PACKET_TIMESTAMP_CLOCK_ID, SEQUENCE_CLOCK))
            .put(PACKET_INTERNED_DATA, names)
            .put(
                PACKET_CLOCK_SNAPSHOT,
                new Message().clock(BOOTTIME, zeroNs).clock(SEQUENCE_CLOCK, zeroNs)));
  }

  private static int iid(Slice.Arg arg) {
    return 3 * arg.ordinal() + 1;
  }

  @Override
  public void slice(Slice slice) throws IOException {
    Sequence sequence = sequences.get(slice.lane.index);
    closeUntil(sequence, slice.beginNs);
    CodedOutputStream event = scratch(slice.atBegin.size());
    event.writeUInt32(EVENT_TYPE, TYPE_SLICE_BEGIN);
    event.writeUInt64(EVENT_CATEGORY_IIDS, CATEGORY_IIDS[slice.type.ordinal()]);
    event.writeUInt64(EVENT_NAME_IID, slice.name.number());
    for (int i = 0; i < slice.argCount; i++) {
      argument(event, slice.args[i], slice.values[i]);
    }
    for (Row.Arrow arrow : slice.atBegin) {
      event.writeFixed64(EVENT_FLOW_IDS, arrow.id());
    }
    byte[] interned = null;
    if (!sequence.names.get(slice.name.number())) {
      sequence.names.set(slice.name.number());
      interned =
          new Message()
              .intern(INTERNED_EVENT_NAMES, slice.name.number(), slice.name.text())
              .toByteArray();
    }
    event(sequence, slice.beginNs, interned, event.getTotalBytesWritten());
    sequence.openUntil[sequence.openArrows.size()] = slice.endNs;
    sequence.openArrows.add(slice.atEnd);
  }

  private CodedOutputStream scratch(int flows) {
    int needed = EVENT_BYTES + flows * FLOW_BYTES;
    if (scratch.length < needed) {
      scratch = new byte[2 * needed];
    }
    return CodedOutputStream.newInstance(scratch);
  }

  private void closeUntil(Sequence sequence, long nowNs) throws IOException {
    for (int i = sequence.openArrows.size() - 1; i >= 0 && sequence.openUntil[i] <= nowNs; i--) {
      List<Row.Arrow> arrows = sequence.openArrows.remove(i);
      CodedOutputStream event = scratch(arrows.size());
      event.writeUInt32(EVENT_TYPE, TYPE_SLICE_END);
      for (Row.Arrow arrow : arrows) {
        event.writeFixed64(EVENT_FLOW_IDS, arrow.id());
      }
      event(sequence, sequence.openUntil[i], null, event.getTotalBytesWritten());
    }
  }

  /** Writes the packet for the event in the scratch array. */
  private void event(Sequence sequence, long timeNs, byte[] interned, int length)
      throws IOException {
    // The incremental clock cannot go back: an earlier time is written as absolute.
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

  private static void argument(CodedOutputStream event, Slice.Arg arg, long value)
      throws IOException {
    if (arg.form != Slice.Form.DEPTHS) {
      argument(event, iid(arg), ANNOTATION_UINT, value);
    } else if (arg != Slice.Arg.AT_END_AS_CURVE) {
      for (int i = 0; i < 3; i++) {
        argument(event, iid(arg) + i, ANNOTATION_INT, Row.Phase.depth(value, i));
      }
    }
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
