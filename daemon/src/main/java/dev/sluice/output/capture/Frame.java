package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One frame of a capture: a flyweight that a reader points at one after the other, valid during the
 * visitor's call. Keep nothing of it, least of all {@link #records}.
 */
public final class Frame {
  private final RecordCodec[] codecs;
  private ByteBuffer bytes;
  private int at;
  private FrameType type;
  private ByteBuffer records = ByteBuffer.allocateDirect(0);

  /**
   * @param codecs by the kind's wire number; this frame's alone
   */
  Frame(RecordCodec[] codecs) {
    this.codecs = codecs;
  }

  /** Points at the header, which must be a valid one with its whole payload behind it. */
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

  /** What the records are; null if the frame concerns no kind. */
  public BufferKind kind() {
    return BufferKind.ofNumber(bytes.get(at + FrameHeader.KIND_OFFSET) & 0xFF);
  }

  /** Core for task kinds, thread for phases; -1 for no single one. */
  public int instance() {
    return bytes.getInt(at + FrameHeader.INSTANCE_OFFSET);
  }

  /** The ready queue that the buffer came from; -1 if none. */
  public int queue() {
    return bytes.getInt(at + FrameHeader.QUEUE_OFFSET);
  }

  /** RECORDS: the device's number of the buffer within its pool. GAP: the first one missing. */
  public int sequence() {
    return bytes.getInt(at + FrameHeader.SEQUENCE_OFFSET);
  }

  /**
   * RECORDS: records in the frame. GAP: buffers missing. STALL: how often it waited. RUN: the run's
   * number, from 1.
   */
  public int recordCount() {
    return bytes.getInt(at + FrameHeader.RECORDS_OFFSET);
  }

  /** Monotonic; see {@link CaptureManifest.Clock} for what it means on the wall. */
  public long hostTimeNs() {
    return bytes.getLong(at + FrameHeader.HOST_TIME_OFFSET);
  }

  /** Whether the records were recovered from a producer that stopped. */
  public boolean isSalvaged() {
    return (bytes.get(at + FrameHeader.FLAGS_OFFSET) & FrameHeader.FLAG_SALVAGED) != 0;
  }

  /**
   * RECORDS: bytes of the records as the device wrote them. GAP: records missing. STALL:
   * nanoseconds waited. RUN: its epoch.
   */
  public long value() {
    return bytes.getLong(at + FrameHeader.VALUE_OFFSET);
  }

  /**
   * RUN, RECORDS: the number of the run, from 1; runs overlap.
   *
   * @param latest of the last RUN frame before this one; 0 for none
   */
  public int run(int latest) {
    if (type != FrameType.RUN) {
      return FrameHeader.run(latest, reason());
    }
    // Format 2.0 has its number where the epoch is now, and no epochs.
    return recordCount() != 0 ? recordCount() : (int) value();
  }

  /** RUN: the epoch that the device's buffers name; 0 if they name none. */
  public long runEpoch() {
    return recordCount() != 0 ? value() : 0;
  }

  /** GAP: how many records are missing. */
  public long count() {
    return value();
  }

  /** GAP: whether the device lost the records; otherwise the capture did. */
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

  /** The frame's number within the capture, u32, one more each time. */
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

  /** Bytes up to the next frame. */
  int sizeBytes() {
    return FrameHeader.frameBytes(payloadBytes());
  }

  /**
   * RECORDS: the accepted records as the device wrote them, one after the other, little endian:
   * position 0, limit {@code recordCount} times the kind's record size. Valid until the next frame.
   *
   * @throws CaptureException if the payload is not what the header says
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

  /** RECORDS: bytes of the records once they are decoded; -1 if the header cannot be true. */
  int decodedBytes() {
    BufferKind kind = kind();
    return kind == null ? -1 : FrameHeader.recordBytes(bytes, at, kind);
  }

  /** As it is stored. Valid until the next frame. */
  ByteBuffer payload() {
    return bytes.slice(at + FrameHeader.SIZE_BYTES, payloadBytes());
  }
}
