package dev.sluice.output.capture;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Recovers a capture whose writer died at an arbitrary instruction: determines which frames of the
 * stages are on disk and where the next one goes, and closes the segment that the dead writer left
 * open. Frames are numbered while they are still in the stage, so the header identifies one that is
 * on disk.
 *
 * <p>One thread, once.
 */
final class CaptureRecovery {
  private final CaptureFiles files;
  private final Path directory;
  private final CaptureManifest manifest;
  private final List<CaptureIntake> intakes;
  private final boolean isForced;
  private final Runnable progress;
  private final Checksum checksum = new Checksum();
  private final int captureTag;
  // Last segment: frame number to header checksum.
  private final Map<Integer, Integer> frames = new HashMap<>();
  // As of construction, since collectors keep committing.
  private final long[] tails;
  private final long[] taken = new long[BufferKind.COUNT];
  private int segment = -1;
  private int nextFrame;

  CaptureRecovery(
      CaptureFiles files,
      Path directory,
      CaptureManifest manifest,
      List<CaptureIntake> intakes,
      boolean isForced,
      Runnable progress) {
    this.progress = progress;
    this.files = files;
    this.directory = directory;
    this.manifest = manifest;
    this.intakes = intakes;
    this.isForced = isForced;
    this.captureTag = CaptureFormat.captureTag(manifest.id());
    this.tails = intakes.stream().mapToLong(intake -> intake.stage().committed()).toArray();
    for (CaptureIntake intake : intakes) {
      for (int kind = 0; kind < taken.length; kind++) {
        taken[kind] += intake.taken().plain(kind);
      }
    }
  }

  /** Finds the frames that are on disk and releases them from the stages. */
  void run() throws IOException {
    List<StoredCapture.Segment> segments = new ArrayList<>(StoredCapture.of(directory).segments());
    while (!segments.isEmpty() && !hasBegun(segments.get(segments.size() - 1))) {
      files.delete(segments.remove(segments.size() - 1).file());
    }
    for (int i = segments.size() - 1; i >= 0 && nextFrame == 0; i--) {
      read(segments.get(i), i == segments.size() - 1);
    }
    for (CaptureIntake intake : intakes) {
      CaptureStage stage = intake.stage();
      while (stage.readable() > 0 && isOnDisk(stage.readMemory(), stage.readIndex())) {
        stage.release(bytes(stage.readMemory(), stage.readIndex()));
      }
    }
  }

  /**
   * Whether a segment has its header, or at least a frame. The dead writer may have created or
   * reused a file and not written to it yet.
   */
  private boolean hasBegun(StoredCapture.Segment stored) throws IOException {
    String name = stored.file().getFileName().toString();
    try (SegmentSource source = SegmentSource.open(stored.file())) {
      ByteBuffer header =
          ByteBuffer.allocate(SegmentHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      if (source.size() >= SegmentHeader.SIZE_BYTES) {
        source.read(header, 0);
      }
      return SegmentHeader.refusal(header, 0, manifest.id(), stored.number(), checksum).isEmpty()
          || new SegmentWalk(source, new SegmentWindow(), name, manifest, stored.number()).next()
              != null;
    }
  }

  private void read(StoredCapture.Segment stored, boolean isLast) throws IOException {
    String name = stored.file().getFileName().toString();
    SegmentIndex.Builder index = new SegmentIndex.Builder();
    index.clear();
    long end = SegmentHeader.SIZE_BYTES;
    boolean isSealed;
    try (SegmentSource source = SegmentSource.open(stored.file())) {
      SegmentWalk walk =
          new SegmentWalk(source, new SegmentWindow(), name, manifest, stored.number());
      ByteBuffer header =
          ByteBuffer.allocate(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (Frame frame = walk.next(); frame != null; frame = walk.next()) {
        progress.run();
        long at = walk.position() - frame.sizeBytes();
        source.read(header.clear(), at);
        int number = header.getInt(FrameHeader.FRAME_NUMBER_OFFSET);
        nextFrame = number + 1;
        end = walk.position();
        if (isLast) {
          index.add(header, 0, at);
          frames.put(number, header.getInt(FrameHeader.HEADER_CRC_OFFSET));
        }
        if (frame.type() == FrameType.RUN) {
          noteRun(header.getInt(FrameHeader.RECORDS_OFFSET));
        }
      }
      isSealed = walk.isSealed();
    }
    if (isLast) {
      segment = stored.number();
      if (!isSealed || !stored.isSealed()) {
        seal(stored.file(), index, end);
      }
    }
  }

  private void noteRun(int run) {
    CaptureStage first = intakes.get(0).stage();
    if (first.notedRun() < run) {
      first.noteRun(run);
    }
  }

  /** Seals after the last whole frame, as the dead writer would have done. */
  private void seal(Path file, SegmentIndex.Builder index, long end) throws IOException {
    ByteBuffer footer =
        ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    FrameHeader.begin(
        footer,
        0,
        FrameType.FOOTER,
        0,
        FrameHeader.NO_KIND,
        0,
        FrameHeader.NO_INSTANCE,
        -1,
        0,
        0,
        index.entries() == 0 ? 0 : index.lastNs(),
        index.entries(),
        0,
        0);
    FrameHeader.finish(footer, 0, segment, captureTag, nextFrame, checksum);
    try (CaptureFiles.SegmentFile open = files.reopen(file, false)) {
      open.truncate(end);
      open.write(footer, end);
      open.force();
    }
    files.replace(
        file.resolveSibling(CaptureFormat.indexName(segment)),
        index.finish(manifest.id(), segment, end + FrameHeader.SIZE_BYTES),
        isForced);
  }

  private boolean isOnDisk(ByteBuffer memory, int at) {
    return FrameHeader.isValid(memory, at, segment, captureTag, checksum)
        && Integer.valueOf(memory.getInt(at + FrameHeader.HEADER_CRC_OFFSET))
            .equals(frames.get(memory.getInt(at + FrameHeader.FRAME_NUMBER_OFFSET)));
  }

  private static int bytes(ByteBuffer memory, int at) {
    return FrameHeader.frameBytes(memory.getInt(at + FrameHeader.PAYLOAD_BYTES_OFFSET));
  }

  /** Number of the next frame. */
  int nextFrame() {
    return nextFrame;
  }

  /** Number of the next segment. */
  int nextSegment() {
    return segment + 1;
  }

  /** Returns the records of a kind that had left the stages when the dead writer stopped. */
  long passed(BufferKind kind) {
    long records = 0;
    for (int i = 0; i < tails.length; i++) {
      CaptureStage stage = intakes.get(i).stage();
      while (stage.taken() < tails[i] && stage.readable() > 0 && stage.taken() < tails[i]) {
        ByteBuffer memory = stage.readMemory();
        int at = stage.readIndex();
        if (memory.get(at + FrameHeader.TYPE_OFFSET) == FrameType.RECORDS.number()
            && memory.get(at + FrameHeader.KIND_OFFSET) == kind.ordinal()) {
          records += memory.getInt(at + FrameHeader.RECORDS_OFFSET);
        }
        stage.take(bytes(memory, at));
      }
      stage.untake();
    }
    return taken[kind.ordinal()] - records;
  }
}
