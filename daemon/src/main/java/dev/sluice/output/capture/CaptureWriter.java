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
 * Moves frames from the memory stages into segments: appends, rolls, seals. Never holds a stage up
 * because of a disk that refuses: what cannot be written is counted as lost, with its reason and
 * place, and a new segment is tried every second.
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
  private final ByteBuffer small =
      ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private SegmentWriter segment;
  private long segmentSinceNs;
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
   * Moves a bounded amount from each stage.
   *
   * @param barrier stage positions beyond which nothing is to be moved yet
   * @return how many bytes were moved
   */
  int write(long nowNs, long[] barrier) {
    int work = 0;
    for (int i = 0; i < intakes.size(); i++) {
      CaptureStage stage = intakes.get(i).stage();
      // First, since it steps over what is left of a chunk, which is no part of what is allowed.
      int readable = stage.readable();
      long allowed = barrier[i] - stage.released();
      if (allowed > 0) {
        work += write(stage, (int) Math.min(readable, allowed), nowNs);
      }
    }
    return work;
  }

  private int write(CaptureStage stage, int readable, long nowNs) {
    if (readable == 0) {
      return 0;
    }
    int at = stage.readIndex();
    if (!isOpen(nowNs)) {
      int bytes = batch(stage, at, readable, BATCH_BYTES);
      books.lost(stage.readMemory(), at, bytes, failing);
      stage.release(bytes);
      return bytes;
    }
    int bytes = batch(stage, at, readable, room());
    if (bytes == 0) {
      seal(nowNs);
      return FrameHeader.SIZE_BYTES;
    }
    if (append(stage.readMemory(), at, bytes, nowNs)) {
      books.captured(stage.readMemory(), at, bytes);
    } else {
      books.lost(stage.readMemory(), at, bytes, failing);
    }
    stage.release(bytes);
    return bytes;
  }

  /** How much the segment still takes in one write; a fresh one takes any frame. */
  private int room() {
    long room = settings.segmentBytes() - segment.bytes() - FrameHeader.SIZE_BYTES;
    boolean isFresh = segment.bytes() == SegmentHeader.SIZE_BYTES;
    return (int) Math.min(BATCH_BYTES, isFresh ? Math.max(room, 1) : room);
  }

  /**
   * Bytes of the whole frames that fit; at least one frame if {@code room} is a fresh segment's.
   */
  private int batch(CaptureStage stage, int at, int readable, int room) {
    int bytes = 0;
    while (bytes < readable && stage.isFrame(at + bytes)) {
      int frame =
          FrameHeader.frameBytes(
              stage.readMemory().getInt(at + bytes + FrameHeader.PAYLOAD_BYTES_OFFSET));
      boolean mayExceed =
          bytes == 0 && (segment == null || segment.bytes() == SegmentHeader.SIZE_BYTES);
      if (bytes + frame > room && !mayExceed) {
        break;
      }
      bytes += frame;
    }
    return bytes;
  }

  private boolean append(ByteBuffer frames, int at, int bytes, long nowNs) {
    try {
      int first = (int) counters.plain(FRAMES);
      counters.add(FRAMES, segment.append(frames, at, bytes, first));
      counters.add(WRITTEN_BYTES, bytes);
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
    CaptureFiles.SegmentFile file = null;
    try {
      files.createDirectories(directory, settings.isForced());
      file = supply.open(path);
      segment = new SegmentWriter(files, file, path, captureId, number, nowNs, index);
    } catch (IOException e) {
      giveBack(file, path);
      fail(e, nowNs);
      return false;
    }
    if (failing != null) {
      failures.recovered(failing);
      failing = null;
    }
    counters.increment(SEGMENTS);
    counters.add(WRITTEN_BYTES, SegmentHeader.SIZE_BYTES);
    segmentSinceNs = nowNs;
    putGaps(gaps, nowNs);
    return segment != null;
  }

  private void giveBack(CaptureFiles.SegmentFile file, Path path) {
    if (file == null) {
      return;
    }
    try {
      file.close();
      files.delete(path);
    } catch (IOException ignored) {
      // The failure that led here is the one that counts.
    }
  }

  /** Writes a GAP frame for each pool that lost records in a row until now. */
  void putGaps(PendingGaps pending, long nowNs) {
    for (BufferKind kind : BufferKind.ALL) {
      for (int instance = 0; instance < pending.instances(); instance++) {
        if (pending.isOpen(kind, instance)) {
          pending.putFrame(kind, instance, small, 0);
          if (!putSmall(nowNs)) {
            return;
          }
          pending.close(kind, instance);
        }
      }
    }
  }

  /** Writes a frame without payload that concerns no single buffer. */
  void put(
      FrameType type,
      int kind,
      int reason,
      int instance,
      int queue,
      int times,
      long value,
      long nowNs) {
    if (isOpen(nowNs)) {
      FrameHeader.begin(
          small, 0, type, 0, kind, reason, instance, queue, 0, times, nowNs, value, 0, 0);
      putSmall(nowNs);
    }
  }

  private boolean putSmall(long nowNs) {
    return isOpen(nowNs) && append(small, 0, FrameHeader.SIZE_BYTES, nowNs);
  }

  /** Closes the open segment, if there is one. */
  void seal(long nowNs) {
    if (segment == null) {
      return;
    }
    try {
      long before = segment.bytes();
      segment.seal((int) counters.plain(FRAMES), nowNs, settings.isForced());
      counters.add(WRITTEN_BYTES, segment.bytes() - before);
      segment = null;
      hasSealed = true;
    } catch (IOException e) {
      // The frames are in the file; only its footer or its index is missing.
      fail(e, nowNs);
    }
    books.segmentSealed();
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
    } else if (settings.fsync() == CaptureSettings.Fsync.SECOND) {
      try {
        segment.force();
      } catch (IOException e) {
        fail(e, nowNs);
      }
    }
  }

  /** Somebody deleted the open segment: the file takes writes, but nobody will ever read them. */
  private void loseSegment(long nowNs) {
    books.segmentLost(LossReason.IO_ERROR);
    fail(new IOException(segment.path() + " was deleted while it was written"), nowNs);
    retryAtNs = nowNs;
  }

  private void fail(IOException failure, long nowNs) {
    lose(LossReason.of(failure), failure, nowNs);
  }

  /** Gives the segment up for this reason; until a new one can be had, everything is lost. */
  void lose(LossReason reason, Exception failure, long nowNs) {
    failures.failed(reason, directory, failure, failing == null);
    failing = reason;
    retryAtNs = nowNs + RETRY_NANOS;
    if (segment != null) {
      segment.abandon();
      segment = null;
    }
  }

  /** Whether a segment was sealed since the last call. */
  boolean pollSealed() {
    boolean sealed = hasSealed;
    hasSealed = false;
    return sealed;
  }

  /** Number of the open segment, -1 if none. The writer's thread. */
  int openSegment() {
    return segment == null ? -1 : segment.number();
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
