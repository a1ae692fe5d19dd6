package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.counters.CounterArray;
import java.nio.ByteBuffer;

/**
 * A collector's entry into a capture: encodes the accepted records of each buffer into the memory
 * stage, so that the buffer can return to the device at once. Never waits, allocates, locks or
 * makes a system call.
 *
 * <p>Use: {@link #begin}, then {@link #append} for each run of accepted records, then {@link #end}.
 * One thread at a time: the collector's.
 */
public final class CaptureIntake {
  /** Maximum number of runs open at once. */
  public static final int MAX_RUNS = 3;

  /** Number of counts for {@link #markAfterCommit}. */
  public static final int MARKS = 3 * BufferKind.COUNT;

  /** Result of {@link #begin}. */
  public enum Room {
    /** The records may be appended. */
    TAKEN,
    /** No room now; the collector must keep the buffer and retry. */
    WAIT,
    /** The records are counted as lost; the buffer can be returned. */
    LOST
  }

  private final CaptureStage stage;
  private final Checksum checksum = new Checksum();
  private final CounterArray taken = new CounterArray(BufferKind.COUNT);
  private final CounterArray lost = new CounterArray(LossBooks.SIZE);
  private final PendingGaps gaps;
  private final boolean waits;

  // Written by the thread that watches the disk; read here only when the stage is full.
  private volatile LossReason lossWhenFull;

  private final RecordCodec[] codecs;
  private final byte[] reasons = new byte[MAX_RUNS];
  private RecordCodec codec;
  private int frameAt;
  private int gapBytes;
  private int appended;
  private int place;
  // Closed but not yet committed.
  private BufferKind closedKind;
  private int closedBytes;

  /**
   * @param waits whether a full stage blocks the device instead of losing records
   */
  CaptureIntake(CaptureStage stage, Geometry geometry, boolean waits) {
    this.stage = stage;
    this.gaps = new PendingGaps(geometry);
    this.codecs = CaptureManifest.Format.of(geometry.layout()).codecs();
    this.waits = waits;
    this.lossWhenFull = waits ? null : LossReason.STAGE_FULL;
  }

  /** Returns the most stage bytes that one buffer can take, including a gap frame before it. */
  static int largestClaimBytes(Geometry geometry) {
    int largest = 0;
    for (BufferKind kind : BufferKind.ALL) {
      if (geometry.activeInstances(kind) > 0) {
        int records = geometry.layout().buffer(kind).records();
        int columns = geometry.layout().columns(kind).size();
        largest = Math.max(largest, JavaCodec.maxBytes(records, kind.recordBytes(), columns));
      }
    }
    return FrameHeader.SIZE_BYTES + FrameHeader.frameBytes(largest);
  }

  /** Attaches an observer to the records of one kind. No collector may be running. */
  public void observe(BufferKind kind, TaskObserver observer) {
    codecs[kind.ordinal()].observe(observer);
  }

  /**
   * Assigns a slot to a new run. No buffer of this slot may be in flight; the caller publishes the
   * change to the collector before the first buffer arrives.
   */
  void beginRun(int placeOfRun, int number) {
    reasons[placeOfRun] = (byte) FrameHeader.reasonOfRun(number);
  }

  /** Selects the run in this slot for the buffers that follow. */
  public CaptureIntake ofRun(int placeOfRun) {
    place = placeOfRun;
    return this;
  }

  /**
   * Claims room for the records of one buffer.
   *
   * @param sequence the device's buffer number
   * @param records number of records that will be appended
   */
  public Room begin(BufferKind kind, int instance, int sequence, int records, long hostTimeNs) {
    gapBytes = gaps.isOpen(kind, instance) ? FrameHeader.SIZE_BYTES : 0;
    closedBytes = 0;
    codec = codecs[kind.ordinal()];
    int at = stage.claim(gapBytes + FrameHeader.frameBytes(codec.maxBytes(records)));
    if (at < 0) {
      LossReason reason = lossWhenFull;
      if (reason == null) {
        return Room.WAIT;
      }
      lost.add(LossBooks.at(kind, reason), records);
      gaps.add(kind, instance, reason, sequence, records, hostTimeNs);
      return Room.LOST;
    }
    if (gapBytes != 0) {
      gaps.putFrame(kind, instance, stage.memory(), at);
    }
    frameAt = at + gapBytes;
    codec.begin(stage.memory(), frameAt + FrameHeader.SIZE_BYTES, instance, records);
    appended = 0;
    return Room.TAKEN;
  }

  /** Encodes records that are contiguous from {@code at}. */
  public void append(ByteBuffer from, int at, int records) {
    codec.append(from, at, records);
    appended += records;
  }

  /** Closes the frame and hands it to the writer. */
  public void end(
      BufferKind kind, int instance, int queue, int sequence, boolean isSalvaged, long hostTimeNs) {
    close(kind, instance, queue, sequence, isSalvaged, hostTimeNs);
    commit();
  }

  /** Closes the frame; the writer sees it after {@link #commit}. */
  public void close(
      BufferKind kind, int instance, int queue, int sequence, boolean isSalvaged, long hostTimeNs) {
    ByteBuffer memory = stage.memory();
    int payloadAt = frameAt + FrameHeader.SIZE_BYTES;
    int payloadBytes = codec.end() - payloadAt;
    for (int i = payloadBytes; i < FrameHeader.padded(payloadBytes); i++) {
      memory.put(payloadAt + i, (byte) 0);
    }
    FrameHeader.begin(
        memory,
        frameAt,
        FrameType.RECORDS,
        isSalvaged ? FrameHeader.FLAG_SALVAGED : 0,
        kind.ordinal(),
        reasons[place],
        instance,
        queue,
        sequence,
        appended,
        hostTimeNs,
        (long) appended * kind.recordBytes(),
        payloadBytes,
        checksum.of(memory, payloadAt, payloadBytes));
    if (gapBytes != 0) {
      gaps.close(kind, instance);
    }
    closedKind = kind;
    closedBytes = gapBytes + FrameHeader.frameBytes(payloadBytes);
  }

  /** Hands the last closed frame to the writer; does nothing if none. */
  public void commit() {
    if (closedBytes != 0) {
      // Before the frame becomes visible, so that taken is never less than captured.
      taken.add(closedKind.ordinal(), appended);
      stage.commit(closedBytes);
      closedBytes = 0;
    }
  }

  /** Returns where the stage ends once the last closed frame is committed. */
  public long tailAfterCommit() {
    return closedBytes == 0 ? stage.committed() : stage.tailAfter(closedBytes);
  }

  /**
   * Returns a count as of that commit: records taken by kind, then records lost by kind for each of
   * the two reasons for which an intake loses records.
   */
  public long markAfterCommit(int mark) {
    if (mark < BufferKind.COUNT) {
      boolean isClosed = closedBytes != 0 && closedKind.ordinal() == mark;
      return taken.plain(mark) + (isClosed ? appended : 0);
    }
    return lost.plain(lossOf(mark));
  }

  private static int lossOf(int mark) {
    BufferKind kind = BufferKind.ALL.get(mark % BufferKind.COUNT);
    boolean isFull = mark < 2 * BufferKind.COUNT;
    return LossBooks.at(kind, isFull ? LossReason.STAGE_FULL : LossReason.DISK_STALLED);
  }

  /** Restores one {@link #markAfterCommit} count from another process. */
  void resume(int mark, long value) {
    if (mark < BufferKind.COUNT) {
      taken.set(mark, value);
    } else {
      lost.set(lossOf(mark), value);
    }
  }

  /** Makes a full stage lose records for this reason until {@link #waitAgain}. Any thread. */
  void loseWhenFull(LossReason reason) {
    lossWhenFull = reason;
  }

  /** Restores the configured overload policy. Any thread. */
  void waitAgain() {
    lossWhenFull = waits ? null : LossReason.STAGE_FULL;
  }

  CaptureStage stage() {
    return stage;
  }

  PendingGaps gaps() {
    return gaps;
  }

  /** Records that entered the stage, by kind. */
  CounterArray taken() {
    return taken;
  }

  /** Records that did not, indexed by {@link LossBooks}. */
  CounterArray lost() {
    return lost;
  }
}
