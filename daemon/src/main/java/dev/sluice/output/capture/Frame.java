package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One frame of a capture: a flyweight that the reader moves from frame to frame, valid only during
 * the visitor's call. Retain nothing of it, least of all {@link #records}.
 */
public final class Frame {
  private final RecordCodec[] codecs;
  private ByteBuffer bytes;
  private int at;
  private FrameType type;
  private ByteBuffer records = ByteBuffer.allocateDirect(0);

  /**
   * @param codecs by the kind's wire number; not shared with other frames
   */
  Frame(RecordCodec[] codecs) {
    this.codecs = codecs;
  }

  /** Points at a valid header that its whole payload follows. */
  Frame point(ByteBuffer buffer, int offset) {
    bytes = buffer;
    at = offset;
    type = FrameType.ofNumber(buffer.get(offset + FrameHeader.TYPE_OFFSET));
    return this;
  }

  /** Null for a type that a later minor version added. */
  public FrameType type() {
    return type;
  }

  /** Kind of the records; null if the frame concerns no kind. */
  public BufferKind kind() {
    return BufferKind.ofNumber(bytes.get(at + FrameHeader.KIND_OFFSET) & 0xFF);
  }

  /** Core for task kinds, thread for phases; -1 if the frame concerns no single one. */
  public int instance() {
    return bytes.getInt(at + FrameHeader.INSTANCE_OFFSET);
  }

  /** Ready queue that the buffer came from; -1 if none. */
  public int queue() {
    return bytes.getInt(at + FrameHeader.QUEUE_OFFSET);
  }

  /** RECORDS: the device's buffer number within the pool. GAP: the first missing number. */
  public int sequence() {
    return bytes.getInt(at + FrameHeader.SEQUENCE_OFFSET);
  }

  /**
   * RECORDS: records in the frame. GAP: missing buffers. STALL: number of waits. RUN: number of the
   * run, from 1.
   */
  public int recordCount() {
    return bytes.getInt(at + FrameHeader.RECORDS_OFFSET);
  }

  /** Monotonic; {@link CaptureManifest.Clock} converts it to wall-clock time. */
  public long hostTimeNs() {
    return bytes.getLong(at + FrameHeader.HOST_TIME_OFFSET);
  }

  /** Returns whether the records were salvaged from a producer that stopped. */
  public boolean isSalvaged() {
    return (bytes.get(at + FrameHeader.FLAGS_OFFSET) & FrameHeader.FLAG_SALVAGED) != 0;
  }

  /**
   * RECORDS: bytes of the records as the device wrote them. GAP: missing records. STALL:
   * nanoseconds waited. RUN: epoch of the run.
   */
  public long value() {
    return bytes.getLong(at + FrameHeader.VALUE_OFFSET);
  }

  /**
   * RUN, RECORDS: number of the run, from 1; runs may overlap.
   *
   * @param latest number of the latest RUN frame before this one; 0 for none
   */
  public int run(int latest) {
    if (type != FrameType.RUN) {
      return FrameHeader.run(latest, reason());
    }
    // Format 2.0 stored the number in what is now the epoch field, and had no epochs.
    return recordCount() != 0 ? recordCount() : (int) value();
  }

  /** RUN: epoch in the device's buffers; 0 if they carry none. */
  public long runEpoch() {
    return recordCount() != 0 ? value() : 0;
  }

  /** GAP: number of missing records. */
  public long count() {
    return value();
  }

  /** GAP: returns whether the device lost the records, not the capture. */
  public boolean isDeviceLoss() {
    return reason() < FrameHeader.FIRST_LOSS_REASON;
  }

  /** GAP: the label of the {@link DropCause} or {@link LossReason}. STALL: push or pop. */
  public String cause() {
    int reason = reason();
    if (type == FrameType.STALL) {
      return reason == 0 ? "push" : "pop";
    }
    if (reason < DropCause.ALL.size()) {
      return DropCause.ALL.get(reason).label();
    }
    int loss = reason - FrameHeader.FIRST_LOSS_REASON;
    return loss >= 0 && loss < LossReason.ALL.size() ? LossReason.ALL.get(loss).label() : "unknown";
  }

  private int reason() {
    return bytes.get(at + FrameHeader.REASON_OFFSET) & 0xFF;
  }

  /** Number of the frame within the capture: u32, consecutive. */
  public int number() {
    return bytes.getInt(at + FrameHeader.FRAME_NUMBER_OFFSET);
  }

  int payloadBytes() {
    return bytes.getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET);
  }

  int payloadCrc() {
    return bytes.getInt(at + FrameHeader.PAYLOAD_CRC_OFFSET);
  }

  /** Bytes of the records as the device wrote them; 0 for other frames. */
  public long recordBytes() {
    return type == FrameType.RECORDS ? value() : 0;
  }

  /** Bytes to the next frame. */
  int sizeBytes() {
    return FrameHeader.frameBytes(payloadBytes());
  }

  /**
   * RECORDS: accepted records as the device wrote them, contiguous and little endian, from position
   * 0 to limit {@code recordCount} times the kind's record size. Valid until the next frame.
   *
   * @throws CaptureException if the payload does not match the header
   */
  public ByteBuffer records() throws CaptureException {
    int length = decodedBytes();
    if (length >= 0) {
      if (records.capacity() < length) {
        records = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
      }
      RecordCodec codec = codecs[kind().ordinal()];
      if (codec.decode(payload(), recordCount(), records.clear().limit(length))) {
        return records;
      }
    }
    throw new CaptureException(undecodable(number()));
  }

  static String undecodable(int number) {
    return "frame " + Integer.toUnsignedLong(number) + " does not decode";
  }

  /** RECORDS: size of the decoded records; -1 if the header is impossible. */
  int decodedBytes() {
    BufferKind kind = kind();
    return kind == null ? -1 : FrameHeader.recordBytes(bytes, at, kind);
  }

  /** Payload as stored. Valid until the next frame. */
  ByteBuffer payload() {
    return bytes.slice(at + FrameHeader.SIZE_BYTES, payloadBytes());
  }
}
