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
   * Writes the segment header.
   *
   * @param index cleared here; to be reused from one segment to the next
   * @param block of {@link BlockFile#allocate}; to be reused likewise
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
      // The failure that led here is the one that counts; a file without a frame does no harm.
    }
  }

  /**
   * Completes the headers of whole frames, which lie one after the other, and appends them. They
   * are on disk when {@link #whole} has passed them.
   *
   * @param firstFrame number of the first frame within the capture
   * @return how many frames
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

  /** Brings all frames to disk. */
  void flush() throws IOException {
    file.flush();
    whole = file.bytes();
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

  /** Brings what is written to the device, if there is anything new. */
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

  /** Gives the file up after a failure, cut off behind {@link #whole} if that is possible. */
  void abandon() {
    try {
      file.truncate(whole);
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
    return file.bytes();
  }

  /** Of those, bytes of the header and the frames that are on disk and were not at risk since. */
  long whole() {
    return whole;
  }
}
