package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The file system as the writer sees it: the seam through which tests let a disk fill up, fail or
 * hang. Any thread.
 */
interface CaptureFiles {
  /** A segment file that is being written. One thread. */
  interface SegmentFile extends AutoCloseable {
    /** Writes all of it at this place. */
    void write(ByteBuffer from, long offset) throws IOException;

    /** Brings what was written to the device. */
    void force() throws IOException;

    /** Cuts the file off, and with it what it held in an earlier life. */
    void truncate(long size) throws IOException;

    long size() throws IOException;

    @Override
    void close() throws IOException;
  }

  void createDirectories(Path directory) throws IOException;

  /** Likewise; with {@code isForced} a power loss does not take the names of new ones away. */
  default void createDirectories(Path directory, boolean isForced) throws IOException {
    Deque<Path> fresh = new ArrayDeque<>();
    for (Path at = directory; isForced && at != null && !exists(at); at = at.getParent()) {
      fresh.push(at);
    }
    createDirectories(directory);
    for (Path made : fresh) {
      if (made.getParent() != null) {
        forceNames(made.getParent());
      }
    }
  }

  /**
   * Brings the names in a directory to the device: of files that were made, renamed or linked.
   * Forcing a file brings its bytes there, and nothing that leads to them.
   */
  void forceNames(Path directory) throws IOException;

  /**
   * Makes a new file; fails if there is one.
   *
   * @param isDirect every write goes past the page cache: its memory, place and length must be
   *     multiples of {@link #blockBytes}
   * @throws IOException of which {@link DirectIo#isRefusal} says whether the file system has no
   *     direct I/O; it may have left an empty file behind then
   */
  SegmentFile create(Path file, boolean isDirect) throws IOException;

  /** Opens a file that is there, to write over it; {@code isDirect} as for {@link #create}. */
  SegmentFile reopen(Path file, boolean isDirect) throws IOException;

  /** What the file system of this directory reads and writes at once. */
  long blockBytes(Path directory) throws IOException;

  /**
   * Writes a whole small file so that a reader sees the old one or the new one, never half.
   *
   * @param isForced whether a power loss, too, leaves one of them; that it is the new one takes
   *     {@link #forceNames}
   */
  void replace(Path file, ByteBuffer content, boolean isForced) throws IOException;

  /** A second name for a file; where the file system has none, a copy. */
  void linkOrCopy(Path from, Path to) throws IOException;

  void move(Path from, Path to) throws IOException;

  /** Deletes a file if it is there. */
  void delete(Path file) throws IOException;

  boolean exists(Path file);

  /** Writes over a small file in place: what is left to do when the disk is full. */
  void overwrite(Path file, ByteBuffer content) throws IOException;

  /** Whether a file has a name elsewhere: then its bytes must stay as they are. */
  boolean isShared(Path file) throws IOException;

  /** Bytes that the file system of this directory can still take. */
  long usableBytes(Path directory) throws IOException;
}
