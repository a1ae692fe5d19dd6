package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;

/**
 * One segment while it is written: gives frames their place, appends them, and seals the file with
 * a footer and an index. After an {@link IOException} nothing but {@link #abandon} is allowed. One
 * thread.
 */
final class SegmentWriter {
  private final CaptureFiles files;
  private final CaptureFiles.SegmentFile file;
  private final Path path;
  private final UUID captureId;
  private final int captureTag;
  private final int number;
  private final SegmentIndex.Builder index;
  private final Checksum checksum = new Checksum();
  private final ByteBuffer small =
      ByteBuffer.allocateDirect(FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long written;
  private long forced;

  /**
   * Writes the segment header.
   *
   * @param file empty, or one whose earlier content may be written over
   * @param index cleared here; to be reused from one segment to the next
   */
  SegmentWriter(
      CaptureFiles files,
      CaptureFiles.SegmentFile file,
      Path path,
      UUID captureId,
      int number,
      long nowNs,
      SegmentIndex.Builder index)
      throws IOException {
    this.files = files;
    this.file = file;
    this.path = path;
    this.captureId = captureId;
    this.captureTag = CaptureFormat.captureTag(captureId);
    this.number = number;
    this.index = index;
    index.clear();
    SegmentHeader.put(small, 0, captureId, number, nowNs, checksum);
    file.write(small.clear(), 0);
    written = SegmentHeader.SIZE_BYTES;
  }

  /**
   * Completes the headers of whole frames, which lie one after the other, and appends them with one
   * write.
   *
   * @param firstFrame number of the first frame within the capture
   * @return how many frames
   */
  int append(ByteBuffer frames, int at, int bytes, int firstFrame) throws IOException {
    int count = 0;
    for (int i = at; i < at + bytes; count++) {
      FrameHeader.finish(frames, i, number, captureTag, firstFrame + count, checksum);
      index.add(frames, i, written + i - at);
      i += FrameHeader.frameBytes(frames.getInt(i + FrameHeader.PAYLOAD_BYTES_OFFSET));
    }
    frames.limit(at + bytes).position(at);
    try {
      file.write(frames, written);
    } finally {
      frames.clear();
    }
    written += bytes;
    return count;
  }

  /**
   * Closes the segment with a footer and its index.
   *
   * @param frameNumber of the frame that comes next, in another segment
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
    file.write(small.clear(), written);
    written += FrameHeader.SIZE_BYTES;
    file.truncate(written);
    if (isForced) {
      file.force();
    }
    file.close();
    files.replace(
        path.resolveSibling(CaptureFormat.indexName(number)),
        index.finish(captureId, number, written),
        isForced);
    if (isForced) {
      forceName();
    }
  }

  /** Brings what is written to the device, if there is anything new. */
  void force() throws IOException {
    if (forced != written) {
      file.force();
      if (forced == 0) {
        forceName();
      }
      forced = written;
    }
  }

  private void forceName() throws IOException {
    files.forceNames(path.toAbsolutePath().getParent());
  }

  /** Gives the file up after a failure, cut off behind the last whole frame if that can be had. */
  void abandon() {
    try {
      file.truncate(written);
    } catch (IOException ignored) {
      // The failure that led here was counted; a reader finds the end of the frames by itself.
    }
    try {
      file.close();
    } catch (IOException ignored) {
      // Likewise.
    }
  }

  Path path() {
    return path;
  }

  int number() {
    return number;
  }

  /** Bytes so far, header included. */
  long bytes() {
    return written;
  }

  long firstNs() {
    return index.firstNs();
  }

  long lastNs() {
    return index.lastNs();
  }
}
