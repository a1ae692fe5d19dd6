package dev.sluice.output.export;

/**
 * The part of Perfetto's trace format that Sluice writes: field numbers and values of
 * perfetto/trace/*.proto, under the names that they have there. All of it is the stable part of the
 * format. Tags are the field number shifted by three, plus the wire type.
 *
 * <pre>
 *   Trace            1 packet
 *   TracePacket      6 clock_snapshot, 8 timestamp, 10 trusted_packet_sequence_id, 11 track_event,
 *                    12 interned_data, 13 sequence_flags, 58 timestamp_clock_id,
 *                    59 trace_packet_defaults, 60 track_descriptor, 87 first_packet_on_sequence
 *   ClockSnapshot    1 clocks { 1 clock_id, 2 timestamp, 3 is_incremental }
 *   Defaults         11 track_event_defaults { 11, 31 }, 58 timestamp_clock_id
 *   TrackDescriptor  1 uuid, 2 name, 3 process { 1 pid, 6 process_name }, 5 parent_uuid,
 *                    8 counter, 11 child_ordering, 12 sibling_order_rank
 *   InternedData     1 event_categories, 2 event_names, 3 debug_annotation_names; each of
 *                    { 1 iid, 2 name }
 *   TrackEvent       3 category_iids, 4 debug_annotations, 9 type, 10 name_iid, 11 track_uuid,
 *                    12 extra_counter_values, 23 name, 31 extra_counter_track_uuids,
 *                    47 flow_ids
 *   DebugAnnotation  1 name_iid, 3 uint_value, 4 int_value
 * </pre>
 */
final class PerfettoFields {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;

  static final int TRACE_PACKET = tag(1, BYTES);

  static final int PACKET_CLOCK_SNAPSHOT = tag(6, BYTES);
  static final int PACKET_TIMESTAMP = tag(8, VARINT);
  static final int PACKET_SEQUENCE_ID = tag(10, VARINT);
  static final int PACKET_TRACK_EVENT = tag(11, BYTES);
  static final int PACKET_INTERNED_DATA = tag(12, BYTES);
  static final int PACKET_SEQUENCE_FLAGS = tag(13, VARINT);
  static final int PACKET_TIMESTAMP_CLOCK_ID = tag(58, VARINT);
  static final int PACKET_DEFAULTS = tag(59, BYTES);
  static final int PACKET_TRACK_DESCRIPTOR = tag(60, BYTES);
  static final int PACKET_FIRST_ON_SEQUENCE = tag(87, VARINT);

  static final int SEQ_INCREMENTAL_STATE_CLEARED = 1;
  static final int SEQ_NEEDS_INCREMENTAL_STATE = 2;

  static final int SNAPSHOT_CLOCKS = tag(1, BYTES);
  static final int CLOCK_ID = tag(1, VARINT);
  static final int CLOCK_TIMESTAMP = tag(2, VARINT);
  static final int CLOCK_IS_INCREMENTAL = tag(3, VARINT);

  /** The clock of the trace itself. */
  static final int BUILTIN_CLOCK_BOOTTIME = 6;

  /** First of the ids that a sequence may define for itself. */
  static final int SEQUENCE_CLOCK = 64;

  static final int DEFAULTS_TRACK_EVENT = tag(11, BYTES);

  static final int TRACK_UUID = tag(1, VARINT);
  static final int TRACK_NAME = tag(2, BYTES);
  static final int TRACK_PROCESS = tag(3, BYTES);
  static final int TRACK_PARENT_UUID = tag(5, VARINT);
  static final int TRACK_COUNTER = tag(8, BYTES);
  static final int TRACK_CHILD_ORDERING = tag(11, VARINT);
  static final int TRACK_SIBLING_ORDER_RANK = tag(12, VARINT);
  static final int CHILD_ORDERING_EXPLICIT = 3;

  static final int PROCESS_PID = tag(1, VARINT);
  static final int PROCESS_NAME = tag(6, BYTES);

  static final int INTERNED_CATEGORIES = tag(1, BYTES);
  static final int INTERNED_EVENT_NAMES = tag(2, BYTES);
  static final int INTERNED_ANNOTATION_NAMES = tag(3, BYTES);
  static final int INTERNED_IID = tag(1, VARINT);
  static final int INTERNED_NAME = tag(2, BYTES);

  static final int EVENT_CATEGORY_IIDS = tag(3, VARINT);
  static final int EVENT_DEBUG_ANNOTATIONS = tag(4, BYTES);
  static final int EVENT_TYPE = tag(9, VARINT);
  static final int EVENT_NAME_IID = tag(10, VARINT);
  static final int EVENT_TRACK_UUID = tag(11, VARINT);
  static final int EVENT_EXTRA_COUNTER_VALUES = tag(12, VARINT);
  static final int EVENT_NAME = tag(23, BYTES);
  static final int EVENT_EXTRA_COUNTER_TRACK_UUIDS = tag(31, VARINT);
  static final int EVENT_FLOW_IDS = tag(47, FIXED64);

  static final int TYPE_SLICE_BEGIN = 1;
  static final int TYPE_SLICE_END = 2;

  static final int ANNOTATION_NAME_IID = tag(1, VARINT);
  static final int ANNOTATION_UINT_VALUE = tag(3, VARINT);
  static final int ANNOTATION_INT_VALUE = tag(4, VARINT);

  private PerfettoFields() {}

  private static int tag(int field, int wireType) {
    return (field << 3) | wireType;
  }
}
