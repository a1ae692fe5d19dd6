package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.nio.ByteBuffer;

/**
 * Offsets within the 64-byte header of each frame; little endian. The payload follows immediately
 * ({@link RecordCodec}), padded with zeros to a multiple of 64.
 *
 * <pre>
 *   0        4    5     6    7      8        12       16       20       24
 *   +--------+----+-----+----+------+--------+--------+--------+--------+
 *   | magic  |type|flags|kind|reason|instance| queue  |sequence|records |
 *   +--------+----+-----+----+------+--------+--------+--------+--------+
 *   24               32               40       44       48      52      56      60      64
 *   +----------------+----------------+--------+--------+-------+-------+-------+-------+
 *   |  host time ns  |     value      |payload |payload |segment|capture| frame |header |
 *   |  (monotonic)   |                | bytes  | CRC32C | number| tag   | number| CRC32C|
 *   +----------------+----------------+--------+--------+-------+-------+-------+-------+
 * </pre>
 *
 * <p>The collector's thread fills in everything up to the payload checksum; the writer adds the
 * rest once the segment is known. Segment number and capture tag tie a frame to its place, so that
 * old content of a recycled file is never mistaken for a frame of the new one.
 */
final class FrameHeader {
  /** "SLFR" as bytes. */
  static final int MAGIC = 0x52464C53;

  static final int MAGIC_OFFSET = 0;
  static final int TYPE_OFFSET = 4;
  static final int FLAGS_OFFSET = 5;
  static final int KIND_OFFSET = 6;
  static final int REASON_OFFSET = 7;
  static final int INSTANCE_OFFSET = 8;
  static final int QUEUE_OFFSET = 12;
  static final int SEQUENCE_OFFSET = 16;
  static final int RECORDS_OFFSET = 20;
  static final int HOST_TIME_OFFSET = 24;
  static final int VALUE_OFFSET = 32;
  static final int PAYLOAD_BYTES_OFFSET = 40;
  static final int PAYLOAD_CRC_OFFSET = 44;
  static final int SEGMENT_OFFSET = 48;
  static final int CAPTURE_TAG_OFFSET = 52;
  static final int FRAME_NUMBER_OFFSET = 56;
  static final int HEADER_CRC_OFFSET = 60;
  static final int SIZE_BYTES = 64;

  /** Flag: the records were recovered from a producer that stopped. */
  static final int FLAG_SALVAGED = 1;

  /** Modulus of run numbers in the reason byte of RECORDS frames. */
  private static final int RUNS = 255;

  /** Frames start at multiples of this offset. */
  static final int ALIGNMENT = 64;

  /** In the kind byte: the frame concerns no kind. */
  static final int NO_KIND = 0xFF;

  /** In the instance word: the frame concerns no single instance. */
  static final int NO_INSTANCE = -1;

  /**
   * Reasons from here up are {@link LossReason} ordinals, those below {@code DropCause} ordinals.
   */
  static final int FIRST_LOSS_REASON = 64;

  /** Maximum records of a frame: the largest buffer that a layout allows. */
  static final int MAX_RECORDS = 1 << 20;

  /** Maximum payload. */
  static final int MAX_PAYLOAD_BYTES = 1 << 27;

  private FrameHeader() {}

  /** Returns the reason byte for RECORDS frames of a run, never 0. */
  static int reasonOfRun(int run) {
    return 1 + Math.floorMod(run - 1, RUNS);
  }

  /**
   * Returns the run of a RECORDS frame.
   *
   * @param latest number of the latest run; earlier ones overlap it only briefly
   * @param reason reason byte; 0 in captures without overlapping runs, where it means {@code
   *     latest}
   */
  static int run(int latest, int reason) {
    return reason == 0 ? latest : latest - Math.floorMod(reasonOfRun(latest) - reason, RUNS);
  }

  /** Size of a RECORDS frame's records before encoding; -1 if the header is impossible. */
  static int recordBytes(ByteBuffer in, int at, BufferKind kind) {
    int records = in.getInt(at + RECORDS_OFFSET);
    boolean isPossible =
        records >= 0
            && records <= MAX_RECORDS
            && in.getLong(at + VALUE_OFFSET) == (long) records * kind.recordBytes();
    return isPossible ? records * kind.recordBytes() : -1;
  }

  /** Returns the size of a payload in a segment. */
  static int padded(int payloadBytes) {
    return (payloadBytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** Returns the size of a whole frame. */
  static int frameBytes(int payloadBytes) {
    return SIZE_BYTES + padded(payloadBytes);
  }

  /**
   * Fills in everything but segment, tag, number and header checksum.
   *
   * @param payloadCrc CRC32C of the payload, 0 for an empty one
   */
  static void begin(
      ByteBuffer into,
      int at,
      FrameType type,
      int flags,
      int kind,
      int reason,
      int instance,
      int queue,
      int sequence,
      int records,
      long hostTimeNs,
      long value,
      int payloadBytes,
      int payloadCrc) {
    into.putInt(at + MAGIC_OFFSET, MAGIC);
    into.put(at + TYPE_OFFSET, (byte) type.number());
    into.put(at + FLAGS_OFFSET, (byte) flags);
    into.put(at + KIND_OFFSET, (byte) kind);
    into.put(at + REASON_OFFSET, (byte) reason);
    into.putInt(at + INSTANCE_OFFSET, instance);
    into.putInt(at + QUEUE_OFFSET, queue);
    into.putInt(at + SEQUENCE_OFFSET, sequence);
    into.putInt(at + RECORDS_OFFSET, records);
    into.putLong(at + HOST_TIME_OFFSET, hostTimeNs);
    into.putLong(at + VALUE_OFFSET, value);
    into.putInt(at + PAYLOAD_BYTES_OFFSET, payloadBytes);
    into.putInt(at + PAYLOAD_CRC_OFFSET, payloadCrc);
  }

  /** Fills in the frame's place and the header checksum. */
  static void finish(
      ByteBuffer in, int at, int segment, int captureTag, int frameNumber, Checksum checksum) {
    in.putInt(at + SEGMENT_OFFSET, segment);
    in.putInt(at + CAPTURE_TAG_OFFSET, captureTag);
    in.putInt(at + FRAME_NUMBER_OFFSET, frameNumber);
    in.putInt(at + HEADER_CRC_OFFSET, checksum.of(in, at, HEADER_CRC_OFFSET));
  }

  /** Returns whether an undamaged header of this segment starts here. */
  static boolean isValid(ByteBuffer in, int at, int segment, int captureTag, Checksum checksum) {
    if (in.getInt(at + MAGIC_OFFSET) != MAGIC
        || in.getInt(at + SEGMENT_OFFSET) != segment
        || in.getInt(at + CAPTURE_TAG_OFFSET) != captureTag) {
      return false;
    }
    int payload = in.getInt(at + PAYLOAD_BYTES_OFFSET);
    return payload >= 0
        && payload <= MAX_PAYLOAD_BYTES
        && in.getInt(at + HEADER_CRC_OFFSET) == checksum.of(in, at, HEADER_CRC_OFFSET);
  }
}
