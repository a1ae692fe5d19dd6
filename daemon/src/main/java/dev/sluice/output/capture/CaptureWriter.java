package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import dev.sluice.config.CaptureSettings;
import dev.sluice.counters.CounterArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * Moves frames from the memory stages into segments: copies them into a block, releases them once
 * the block is on disk, rolls and seals segments. A failing disk never blocks a stage: records that
 * cannot be written are counted as lost, with reason and position, and a new segment is tried every
 * second.
 *
 * <p>One thread, the capture's; any thread may read the counters.
 */
final class CaptureWriter {
  /** Bytes written. */
  static final int WRITTEN_BYTES = 0;

  /** Frames written, without the footers. */
  static final int FRAMES = 1;

  /** Segments begun. */
  static final int SEGMENTS = 2;

  private static final int COUNTERS = 3;
  private static final int BATCH_BYTES = 1 << 20;
  private static final long RETRY_NANOS = 1_000_000_000;
  private static final long SECOND_NANOS = 1_000_000_000;

  private final CaptureFiles files;
  private final SegmentSupply supply;
  private final Path directory;
  private final UUID captureId;
  private final CaptureSettings settings;
  private final List<CaptureIntake> intakes;
  private final PendingGaps gaps;
  private final CaptureFailures failures;
  private final WrittenBooks books;
  private final CounterArray counters = new CounterArray(COUNTERS);
  private final SegmentIndex.Builder index = new SegmentIndex.Builder();
  // Null once everything is written, since an ended capture stays referenced for a long time.
  private ByteBuffer block = BlockFile.allocate();
  private final ByteBuffer small =
      ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  // Null while no segment is open; everything taken has then been released.
  private SegmentWriter segment;
  private long segmentSinceNs;
  // Frames in the block, and bytes of the segment already counted.
  private int pendingFrames;
  private long countedBytes;
  private long settledNs;
  private LossReason failing;
  private long retryAtNs;
  private long checkedNs;
  private boolean hasSealed;

  CaptureWriter(
      CaptureFiles files,
      SegmentSupply supply,
      Path directory,
      UUID captureId,
      CaptureSettings settings,
      List<CaptureIntake> intakes,
      PendingGaps gaps,
      CaptureFailures failures) {
    this.files = files;
    this.supply = supply;
    this.directory = directory;
    this.captureId = captureId;
    this.settings = settings;
    this.intakes = List.copyOf(intakes);
    this.gaps = gaps;
    this.books = new WrittenBooks(gaps);
    this.failures = failures;
  }

  /**
   * Continues where another process stopped.
   *
   * @param before the last manifest of that process
   */
  void resume(CaptureRecovery recovery, CaptureManifest before) throws IOException {
    recovery.run();
    counters.set(FRAMES, recovery.nextFrame());
    counters.set(SEGMENTS, recovery.nextSegment());
    for (BufferKind kind : BufferKind.ALL) {
      books.resume(kind, before, intakes, recovery.passed(kind));
    }
    hasSealed = true;
  }

  /**
   * Moves a bounded amount from each stage, and flushes a partial block when it is due.
   *
   * @param barrier stage positions that must not be passed yet
   * @return number of bytes moved
   */
  int write(long nowNs, long[] barrier) {
    int work = 0;
    boolean isTight = false;
    for (int i = 0; i < intakes.size(); i++) {
      CaptureStage stage = intakes.get(i).stage();
      // First, since it may skip the unused end of the ring, which advances taken().
      int readable = stage.readable();
      long allowed = Math.min(barrier[i] - stage.taken(), BATCH_BYTES);
      if (allowed > 0) {
        work += write(stage, (int) Math.min(readable, allowed), nowNs);
      }
      isTight |= stage.isTight();
    }
    // A tight stage needs its memory back; otherwise it pays to wait for a full block.
    boolean isDue = nowNs - settledNs >= settings.flushNanos() || (work == 0 && isTight);
    if (isDue && segment != null && segment.bytes() != segment.whole()) {
      work += (int) (segment.bytes() - segment.whole());
      flush(nowNs);
    }
    return work;
  }

  /** Moves whole frames, at least one, up to about {@code bytes}. */
  private int write(CaptureStage stage, int bytes, long nowNs) {
    int moved = 0;
    while (moved < bytes && stage.isFrame(stage.readIndex())) {
      ByteBuffer memory = stage.readMemory();
      int at = stage.readIndex();
      int frame = FrameHeader.frameBytes(memory.getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET));
      moved += frame;
      if (segment != null && !hasRoom(frame)) {
        seal(nowNs);
      }
      if (!isOpen(nowNs)) {
        books.lost(memory, at, failing);
        stage.release(frame);
      } else if (append(memory, at, nowNs)) {
        books.taken(memory, at);
        stage.take(frame);
      } else {
        // The disk failed; frames that are not on disk will be read from the stage again.
        return moved;
      }
    }
    return moved;
  }

  /** Returns whether the segment has room for the frame and a footer; a new one always has. */
  private boolean hasRoom(int frame) {
    return segment.bytes() + frame + FrameHeader.SIZE_BYTES <= settings.segmentBytes()
        || segment.bytes() == SegmentHeader.SIZE_BYTES;
  }

  private boolean append(ByteBuffer frames, int at, long nowNs) {
    try {
      int bytes = FrameHeader.frameBytes(frames.getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET));
      long whole = segment.whole();
      segment.append(frames, at, bytes, nextFrame());
      if (segment.whole() != whole) {
        settle(nowNs);
      }
      pendingFrames++;
      return true;
    } catch (IOException e) {
      fail(e, nowNs);
      return false;
    }
  }

  /** Number of the next frame. */
  private int nextFrame() {
    return (int) counters.plain(FRAMES) + pendingFrames;
  }

  /** Accounts for all taken frames, which are on disk now. */
  private void settle(long nowNs) {
    books.settled();
    counters.add(FRAMES, pendingFrames);
    pendingFrames = 0;
    counters.add(WRITTEN_BYTES, segment.whole() - countedBytes);
    countedBytes = segment.whole();
    settledNs = nowNs;
    for (int i = 0; i < intakes.size(); i++) {
      intakes.get(i).stage().releaseTaken();
    }
  }

  private boolean flush(long nowNs) {
    try {
      segment.flush();
      settle(nowNs);
      return true;
    } catch (IOException e) {
      fail(e, nowNs);
      return false;
    }
  }

  /** Returns whether a segment is open; opens one if none is and a try is due. */
  private boolean isOpen(long nowNs) {
    if (segment != null) {
      return true;
    }
    if (failing != null && nowNs - retryAtNs < 0) {
      return false;
    }
    int number = (int) counters.plain(SEGMENTS);
    Path path = directory.resolve(CaptureFormat.segmentName(number));
    try {
      files.createDirectories(directory, settings.isForced());
      block = block == null ? BlockFile.allocate() : block;
      segment = new SegmentWriter(files, supply, path, captureId, number, nowNs, index, block);
    } catch (IOException e) {
      fail(e, nowNs);
      return false;
    }
    if (failing != null) {
      failures.recovered(failing);
      failing = null;
    }
    counters.increment(SEGMENTS);
    countedBytes = 0;
    segmentSinceNs = nowNs;
    settle(nowNs);
    putGaps(gaps, nowNs);
    return segment != null;
  }

  /** Writes a GAP frame for each pool with pending losses. */
  void putGaps(PendingGaps pending, long nowNs) {
    if (!pending.isAnyOpen() || !isOpen(nowNs)) {
      return;
    }
    for (BufferKind kind : BufferKind.ALL) {
      for (int instance = 0; instance < pending.instances(); instance++) {
        if (pending.isOpen(kind, instance)) {
          pending.putFrame(kind, instance, small, 0);
          if (!append(small, 0, nowNs)) {
            return;
          }
        }
      }
    }
    // Only once they are on disk, since a cleared gap is not written again.
    if (flush(nowNs)) {
      pending.clear();
    }
  }

  /**
   * Writes a frame without payload that belongs to no single buffer.
   *
   * @param atNs time of the event
   */
  void put(
      FrameType type,
      int kind,
      int reason,
      int instance,
      int queue,
      int times,
      long value,
      long atNs,
      long nowNs) {
    if (isOpen(nowNs)) {
      FrameHeader.begin(
          small, 0, type, 0, kind, reason, instance, queue, 0, times, atNs, value, 0, 0);
      if (append(small, 0, nowNs) && type == FrameType.RUN) {
        // A RUN frame separates the frames of two runs, so no block that spans it may be read
        // again.
        flush(nowNs);
      }
    }
  }

  /** Closes the open segment, if there is one. */
  void seal(long nowNs) {
    if (segment == null) {
      return;
    }
    long frames = segment.bytes();
    try {
      segment.seal(nextFrame(), nowNs, settings.isForced());
      settle(nowNs);
      segment = null;
      hasSealed = true;
    } catch (IOException e) {
      if (segment.whole() >= frames) {
        // The frames are in the file; only its footer or index is missing.
        settle(nowNs);
      }
      fail(e, nowNs);
    }
    books.segmentSealed();
  }

  /** Closes the open segment; counts everything that still cannot be written as lost. */
  void finish(long nowNs) {
    seal(nowNs);
    for (CaptureIntake intake : intakes) {
      CaptureStage stage = intake.stage();
      while (failing != null && stage.readable() > 0) {
        int at = stage.readIndex();
        books.lost(stage.readMemory(), at, failing);
        stage.release(
            FrameHeader.frameBytes(
                stage.readMemory().getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET)));
      }
    }
    block = segment == null ? null : block;
  }

  /**
   * Once a second: detects a deleted segment, rolls an old one in recorder mode, and applies the
   * fsync policy.
   */
  void tend(long nowNs) {
    if (segment == null || nowNs - checkedNs < SECOND_NANOS) {
      return;
    }
    checkedNs = nowNs;
    if (!files.exists(segment.path())) {
      loseSegment(nowNs);
      return;
    }
    long age = nowNs - segmentSinceNs;
    if (settings.recorder().enabled() && age > settings.recorder().ageNanos() / 8) {
      seal(nowNs);
    } else if (settings.fsync() == CaptureSettings.Fsync.SECOND && flush(nowNs)) {
      try {
        segment.force();
      } catch (IOException e) {
        fail(e, nowNs);
      }
    }
  }

  /** Handles deletion of the open segment: writes still succeed, but no reader will find them. */
  private void loseSegment(long nowNs) {
    books.segmentLost(LossReason.IO_ERROR);
    fail(new IOException(segment.path() + " was deleted while it was written"), nowNs);
    retryAtNs = nowNs;
  }

  private void fail(IOException failure, long nowNs) {
    lose(LossReason.of(failure), failure, nowNs);
  }

  /**
   * Gives up the segment. Until a new one opens, frames from the stages are lost for this reason;
   * frames that were taken but are not on disk are read again.
   */
  void lose(LossReason reason, Exception failure, long nowNs) {
    failures.failed(reason, directory, failure, failing == null);
    failing = reason;
    retryAtNs = nowNs + RETRY_NANOS;
    if (segment != null) {
      segment.abandon();
      segment = null;
    }
    pendingFrames = 0;
    books.untaken();
    for (CaptureIntake intake : intakes) {
      intake.stage().untake();
    }
  }

  /** Returns whether a segment was sealed since the last call. */
  boolean pollSealed() {
    boolean sealed = hasSealed;
    hasSealed = false;
    return sealed;
  }

  /** Records in segments, by kind. */
  CounterArray captured() {
    return books.captured();
  }

  /** Records that reached the writer but were not written, indexed by {@link LossBooks}. */
  CounterArray lost() {
    return books.lost();
  }

  /** Indexed by the constants of this class. */
  CounterArray counters() {
    return counters;
  }
}
