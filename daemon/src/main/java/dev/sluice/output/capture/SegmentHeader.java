package dev.sluice.output.capture;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The first 64 bytes of a segment, little endian.
 *
 * <pre>
 *   0                8     10    12       16                               32
 *   +----------------+-----+-----+--------+--------------------------------+
 *   | "SLUICSEG"     |major|minor| header |          capture id            |
 *   |                |     |     | bytes  |   (most, then least, 8 each)   |
 *   +----------------+-----+-----+--------+--------------------------------+
 *   32       36       40               48                          60       64
 *   +--------+--------+----------------+---------------------------+--------+
 *   |segment | zero   | created, host  |           zero            | CRC32C |
 *   |number  |        | time ns        |                           |        |
 *   +--------+--------+----------------+---------------------------+--------+
 * </pre>
 */
final class SegmentHeader {
  /** "SLUICSEG" as bytes. */
  static final long MAGIC = 0x47455343_49554C53L;

  static final int MAGIC_OFFSET = 0;
  static final int MAJOR_OFFSET = 8;
  static final int MINOR_OFFSET = 10;
  static final int HEADER_BYTES_OFFSET = 12;
  static final int CAPTURE_ID_OFFSET = 16;
  static final int SEGMENT_OFFSET = 32;
  static final int CREATED_OFFSET = 40;
  static final int CRC_OFFSET = 60;
  static final int SIZE_BYTES = 64;

  private SegmentHeader() {}

  static void put(
      ByteBuffer into, int at, UUID captureId, int segment, long createdNs, Checksum checksum) {
    for (int i = 0; i < SIZE_BYTES; i += Long.BYTES) {
      into.putLong(at + i, 0);
    }
    into.putLong(at + MAGIC_OFFSET, MAGIC);
    into.putShort(at + MAJOR_OFFSET, (short) CaptureFormat.MAJOR);
    into.putShort(at + MINOR_OFFSET, (short) CaptureFormat.MINOR);
    into.putInt(at + HEADER_BYTES_OFFSET, SIZE_BYTES);
    into.putLong(at + CAPTURE_ID_OFFSET, captureId.getMostSignificantBits());
    into.putLong(at + CAPTURE_ID_OFFSET + Long.BYTES, captureId.getLeastSignificantBits());
    into.putInt(at + SEGMENT_OFFSET, segment);
    into.putLong(at + CREATED_OFFSET, createdNs);
    into.putInt(at + CRC_OFFSET, checksum.of(into, at, CRC_OFFSET));
  }

  /** Returns why this is not the header of that segment; empty if it is. */
  static String refusal(ByteBuffer in, int at, UUID captureId, int segment, Checksum checksum) {
    if (in.getLong(at + MAGIC_OFFSET) != MAGIC) {
      return "is not a segment";
    }
    if (in.getInt(at + CRC_OFFSET) != checksum.of(in, at, CRC_OFFSET)) {
      return "has a damaged header";
    }
    if (in.getShort(at + MAJOR_OFFSET) != CaptureFormat.MAJOR) {
      return "has format "
          + in.getShort(at + MAJOR_OFFSET)
          + ", this Sluice reads "
          + CaptureFormat.MAJOR;
    }
    if (in.getLong(at + CAPTURE_ID_OFFSET) != captureId.getMostSignificantBits()
        || in.getLong(at + CAPTURE_ID_OFFSET + Long.BYTES) != captureId.getLeastSignificantBits()) {
      return "belongs to another capture";
    }
    return in.getInt(at + SEGMENT_OFFSET) == segment
        ? ""
        : "has segment number " + in.getInt(at + SEGMENT_OFFSET) + " in its header";
  }
}
