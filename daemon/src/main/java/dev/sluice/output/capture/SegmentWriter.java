package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Writes one segment: completes and appends frames, and seals the file with a footer and an index.
 * After an {@link IOException}, only {@link #abandon} is allowed. One thread.
 */
final class SegmentWriter {
  private final CaptureFiles files;
  private final BlockFile file;
  private final Path path;
  private final UUID captureId;
  private final int captureTag;
  private final int number;
  private final SegmentIndex.Builder index;
  private final Checksum checksum = new Checksum();
  private final ByteBuffer small =
      ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long whole;
  private long forced;

  /**
   * Opens the file and writes the segment header.
   *
   * @param index cleared here; reusable for the next segment
   * @param block from {@link BlockFile#allocate}; reusable too
   */
  SegmentWriter(
      CaptureFiles files,
      SegmentSupply supply,
      Path path,
      UUID captureId,
      int number,
      long nowNs,
      SegmentIndex.Builder index,
      ByteBuffer block)
      throws IOException {
    this.files = files;
    this.path = path;
    this.captureId = captureId;
    this.captureTag = CaptureFormat.captureTag(captureId);
    this.number = number;
    this.index = index;
    this.file = new BlockFile(files, supply.direct(), path, supply.open(path), block);
    index.clear();
    SegmentHeader.put(small, 0, captureId, number, nowNs, checksum);
    try {
      file.put(small, 0, SegmentHeader.SIZE_BYTES);
      flush();
    } catch (IOException | RuntimeException e) {
      abandon();
      delete();
      throw e;
    }
  }

  private void delete() {
    try {
      files.delete(path);
    } catch (IOException ignored) {
      // Only the original failure counts; a file without frames does no harm.
    }
  }

  /**
   * Completes the headers of contiguous whole frames and appends them. They are on disk once {@link
   * #whole} has passed them.
   *
   * @param firstFrame number of the first frame within the capture
   * @return number of frames
   */
  int append(ByteBuffer frames, int at, int bytes, int firstFrame) throws IOException {
    int count = 0;
    for (int i = at; i < at + bytes; count++) {
      int length = FrameHeader.frameBytes(frames.getInt(i + FrameHeader.PAYLOAD_BYTES_OFFSET));
      long offset = file.bytes();
      long written = file.written();
      FrameHeader.finish(frames, i, number, captureTag, firstFrame + count, checksum);
      file.put(frames, i, length);
      index.add(frames, i, offset);
      if (file.written() != written) {
        whole = offset;
      }
      i += length;
    }
    return count;
  }

  /** Writes all frames to disk. */
  void flush() throws IOException {
    file.flush();
    whole = file.bytes();
  }

  /**
   * Seals the segment with a footer and its index.
   *
   * @param frameNumber number of the footer, and of the first frame of the next segment
   */
  void seal(int frameNumber, long nowNs, boolean isForced) throws IOException {
    FrameHeader.begin(
        small,
        0,
        FrameType.FOOTER,
        0,
        FrameHeader.NO_KIND,
        0,
        FrameHeader.NO_INSTANCE,
        -1,
        0,
        0,
        nowNs,
        index.entries(),
        0,
        0);
    FrameHeader.finish(small, 0, number, captureTag, frameNumber, checksum);
    file.put(small, 0, FrameHeader.SIZE_BYTES);
    flush();
    file.truncate(whole);
    if (isForced) {
      file.force();
    }
    file.close();
    files.replace(
        path.resolveSibling(CaptureFormat.indexName(number)),
        index.finish(captureId, number, whole),
        isForced);
    if (isForced) {
      forceName();
    }
  }

  /** Forces new frames to the device, if there are any. */
  void force() throws IOException {
    flush();
    if (forced != whole) {
      file.force();
      if (forced == 0) {
        forceName();
      }
      forced = whole;
    }
  }

  private void forceName() throws IOException {
    files.forceNames(path.toAbsolutePath().getParent());
  }

  /** Gives up the file after a failure, truncated to {@link #whole} if possible. */
  void abandon() {
    try {
      file.truncate(whole);
    } catch (IOException ignored) {
      // The original failure was counted; a reader finds the end of the frames without this.
    }
    try {
      file.close();
    } catch (IOException ignored) {
      // As above.
    }
  }

  Path path() {
    return path;
  }

  int number() {
    return number;
  }

  /** Bytes so far, including the header. */
  long bytes() {
    return file.bytes();
  }

  /** Of those, bytes of the header and of frames that are completely on disk. */
  long whole() {
    return whole;
  }
}
