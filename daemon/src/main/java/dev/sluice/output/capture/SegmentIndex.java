package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Sidecar file {@code NNNNNN.idx} of a sealed segment: one entry per frame, for random access by
 * time and pool. If it is damaged, the segment can be walked instead.
 *
 * <pre>
 *   header  0 "SLUICIDX" | 8 major u16 | 10 minor u16 | 12 entries u32 | 16 capture id |
 *           32 segment u32 | 36 CRC32C of the entries | 40 first host time | 48 last host time |
 *           56 segment bytes u32 | 60 CRC32C of the header
 *   entry   0 host time ns | 8 offset / 64 u32 | 12 records u32 | 16 instance i32 |
 *           20 type | 21 kind | 22 flags | 23 reason
 * </pre>
 */
final class SegmentIndex {
  /** "SLUICIDX" as bytes. */
  static final long MAGIC = 0x58444943_49554C53L;

  static final int HEADER_BYTES = 64;
  static final int ENTRY_BYTES = 24;

  /** A larger index does not pay: walking the segment takes less memory. */
  private static final long MAX_BYTES = 32L << 20;

  private static final int ENTRIES_CRC_OFFSET = 36;
  private static final int HEADER_CRC_OFFSET = 60;

  private final ByteBuffer bytes;
  private final int entries;

  private SegmentIndex(ByteBuffer bytes, int entries) {
    this.bytes = bytes;
    this.entries = entries;
  }

  /** Loads the index of that segment; null if none can be trusted. */
  static SegmentIndex load(Path file, UUID captureId, int segment) {
    ByteBuffer in;
    try {
      if (Files.size(file) > MAX_BYTES) {
        return null;
      }
      in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException ignored) {
      return null;
    }
    Checksum checksum = new Checksum();
    if (in.limit() < HEADER_BYTES
        || in.getLong(0) != MAGIC
        || in.getShort(8) != CaptureFormat.MAJOR
        || in.getInt(HEADER_CRC_OFFSET) != checksum.of(in, 0, HEADER_CRC_OFFSET)
        || in.getLong(16) != captureId.getMostSignificantBits()
        || in.getLong(24) != captureId.getLeastSignificantBits()
        || in.getInt(32) != segment) {
      return null;
    }
    int count = in.getInt(12);
    long length = (long) count * ENTRY_BYTES;
    if (count < 0
        || in.limit() != HEADER_BYTES + length
        || in.getInt(ENTRIES_CRC_OFFSET) != checksum.of(in, HEADER_BYTES, (int) length)) {
      return null;
    }
    return new SegmentIndex(in, count);
  }

  int entries() {
    return entries;
  }

  /** Host time of the latest frame. */
  long lastNs() {
    return bytes.getLong(48);
  }

  long offset(int entry) {
    return (bytes.getInt(at(entry) + 8) & 0xFFFFFFFFL) * FrameHeader.ALIGNMENT;
  }

  int records(int entry) {
    return bytes.getInt(at(entry) + 12);
  }

  FrameType type(int entry) {
    return FrameType.ofNumber(bytes.get(at(entry) + 20));
  }

  BufferKind kind(int entry) {
    return BufferKind.ofNumber(bytes.get(at(entry) + 21) & 0xFF);
  }

  int instance(int entry) {
    return bytes.getInt(at(entry) + 16);
  }

  int reason(int entry) {
    return bytes.get(at(entry) + 23) & 0xFF;
  }

  boolean matches(int entry, FrameFilter filter) {
    long timeNs = bytes.getLong(at(entry));
    return filter.matches(type(entry), kind(entry), instance(entry), timeNs);
  }

  private static int at(int entry) {
    return HEADER_BYTES + entry * ENTRY_BYTES;
  }

  /** Collects the entries of a segment being written, without allocating per frame. */
  static final class Builder {
    private ByteBuffer bytes = allocate(1024 * ENTRY_BYTES);
    private long firstNs;
    private long lastNs;

    private static ByteBuffer allocate(int length) {
      return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    void clear() {
      bytes.clear().position(HEADER_BYTES);
      firstNs = Long.MAX_VALUE;
      lastNs = Long.MIN_VALUE;
    }

    int entries() {
      return (bytes.position() - HEADER_BYTES) / ENTRY_BYTES;
    }

    /** Adds the frame whose header is at {@code at}. */
    void add(ByteBuffer header, int at, long offset) {
      if (bytes.remaining() < ENTRY_BYTES) {
        ByteBuffer larger = allocate(2 * bytes.capacity());
        larger.put(bytes.flip());
        bytes = larger;
      }
      long timeNs = header.getLong(at + FrameHeader.HOST_TIME_OFFSET);
      firstNs = Math.min(firstNs, timeNs);
      lastNs = Math.max(lastNs, timeNs);
      bytes.putLong(timeNs);
      bytes.putInt((int) (offset / FrameHeader.ALIGNMENT));
      bytes.putInt(header.getInt(at + FrameHeader.RECORDS_OFFSET));
      bytes.putInt(header.getInt(at + FrameHeader.INSTANCE_OFFSET));
      bytes.put(header.get(at + FrameHeader.TYPE_OFFSET));
      bytes.put(header.get(at + FrameHeader.KIND_OFFSET));
      bytes.put(header.get(at + FrameHeader.FLAGS_OFFSET));
      bytes.put(header.get(at + FrameHeader.REASON_OFFSET));
    }

    /** First host time of the segment; undefined until it has a frame. */
    long firstNs() {
      return firstNs;
    }

    long lastNs() {
      return lastNs;
    }

    /** Returns the whole file, ready to write; the builder must be cleared afterwards. */
    ByteBuffer finish(UUID captureId, int segment, long segmentBytes) {
      Checksum checksum = new Checksum();
      int length = bytes.position();
      bytes.putLong(0, MAGIC);
      bytes.putShort(8, (short) CaptureFormat.MAJOR);
      bytes.putShort(10, (short) CaptureFormat.MINOR);
      bytes.putInt(12, entries());
      bytes.putLong(16, captureId.getMostSignificantBits());
      bytes.putLong(24, captureId.getLeastSignificantBits());
      bytes.putInt(32, segment);
      bytes.putInt(ENTRIES_CRC_OFFSET, checksum.of(bytes, HEADER_BYTES, length - HEADER_BYTES));
      bytes.putLong(40, firstNs);
      bytes.putLong(48, lastNs);
      bytes.putInt(56, (int) segmentBytes);
      bytes.putInt(HEADER_CRC_OFFSET, checksum.of(bytes, 0, HEADER_CRC_OFFSET));
      return bytes.duplicate().flip();
    }
  }
}
