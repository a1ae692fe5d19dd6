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
 * Moves frames from the memory stages into segments: takes them into a block, releases them when
 * the block is on disk, rolls, seals. Never holds a stage up because of a disk that refuses: what
 * cannot be written is counted as lost, with its reason and place, and a new segment is tried every
 * second.
 *
 * <p>One thread, the capture's; the counters may be read by any.
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
  // Null once all is written: an ended capture is remembered for long.
  private ByteBuffer block = BlockFile.allocate();
  private final ByteBuffer small =
      ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  // Null: nothing is taken that was not released.
  private SegmentWriter segment;
  private long segmentSinceNs;
  // Frames in the block, and bytes of the segment that are counted.
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
   * @param before what its manifest said last
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
   * Moves a bounded amount from each stage, and flushes an unfinished block when it is time.
   *
   * @param barrier stage positions beyond which nothing is to be moved yet
   * @return how many bytes were moved
   */
  int write(long nowNs, long[] barrier) {
    int work = 0;
    boolean isTight = false;
    for (int i = 0; i < intakes.size(); i++) {
      CaptureStage stage = intakes.get(i).stage();
      // First, since it steps over what is left of the ring, which is no part of what is allowed.
      int readable = stage.readable();
      long allowed = Math.min(barrier[i] - stage.taken(), BATCH_BYTES);
      if (allowed > 0) {
        work += write(stage, (int) Math.min(readable, allowed), nowNs);
      }
      isTight |= stage.isTight();
    }
    // A stage that is tight waits for its release; all others gain by a full block.
    boolean isDue = nowNs - settledNs >= settings.flushNanos() || (work == 0 && isTight);
    if (isDue && segment != null && segment.bytes() != segment.whole()) {
      work += (int) (segment.bytes() - segment.whole());
      flush(nowNs);
    }
    return work;
  }

  /** Moves whole frames, at least one, up to about so many bytes. */
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
        // The disk failed, and all that was not on it is there to be read again.
        return moved;
      }
    }
    return moved;
  }

  /** Whether the segment takes this frame and a footer; a fresh one takes any frame. */
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

  /** All that was taken is on disk. */
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

  /** Opens a segment if there is none and it is time to try. */
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

  /** Writes a GAP frame for each pool that lost records in a row until now. */
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
    // On disk first: a gap that is closed is not written again.
    if (flush(nowNs)) {
      pending.clear();
    }
  }

  /**
   * Writes a frame without payload that concerns no single buffer.
   *
   * @param atNs when it was noticed
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
        // What comes before and after it is told apart by it: no block may be read again over it.
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
        // The frames are in the file; only its footer or its index is missing.
        settle(nowNs);
      }
      fail(e, nowNs);
    }
    books.segmentSealed();
  }

  /** Closes the open segment. What could not be written, even so, is lost. */
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

  /** Once a second: whether the file is still there, and what fsync promises. */
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

  /** The open segment was deleted: the file takes writes, but no reader will ever find it. */
  private void loseSegment(long nowNs) {
    books.segmentLost(LossReason.IO_ERROR);
    fail(new IOException(segment.path() + " was deleted while it was written"), nowNs);
    retryAtNs = nowNs;
  }

  private void fail(IOException failure, long nowNs) {
    lose(LossReason.of(failure), failure, nowNs);
  }

  /**
   * Gives the segment up for this reason; what is in the stages is lost until a new one opens. What
   * was taken and is not on disk is read again.
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

  /** Whether a segment was sealed since the last call. */
  boolean pollSealed() {
    boolean sealed = hasSealed;
    hasSealed = false;
    return sealed;
  }

  /** Records in segments, by kind. */
  CounterArray captured() {
    return books.captured();
  }

  /** Records that came here and were not written, by {@link LossBooks}. */
  CounterArray lost() {
    return books.lost();
  }

  /** By the constants of this class. */
  CounterArray counters() {
    return counters;
  }
}
