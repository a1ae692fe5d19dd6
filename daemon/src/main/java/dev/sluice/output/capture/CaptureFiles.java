package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * File system interface of the writer, and the seam where tests make a disk fill up, fail or hang.
 * Any thread.
 */
interface CaptureFiles {
  /** A segment file open for writing. One thread. */
  interface SegmentFile extends AutoCloseable {
    /** Writes all remaining bytes at {@code offset}. */
    void write(ByteBuffer from, long offset) throws IOException;

    /** Forces written bytes to the device. */
    void force() throws IOException;

    /** Cuts the file off, including content from an earlier use. */
    void truncate(long size) throws IOException;

    long size() throws IOException;

    @Override
    void close() throws IOException;
  }

  void createDirectories(Path directory) throws IOException;

  /** Creates directories; with {@code isForced}, the names of new ones survive a power loss. */
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
   * Forces the names in a directory to the device, after files were created, renamed or linked.
   * Forcing a file covers its bytes but not its name.
   */
  void forceNames(Path directory) throws IOException;

  /**
   * Creates a file; fails if it exists.
   *
   * @param isDirect whether writes bypass the page cache: their memory, offset and length must then
   *     be multiples of {@link #blockBytes}
   * @throws IOException if it fails; {@link DirectIo#isRefusal} recognizes a file system without
   *     direct I/O, which may have left an empty file
   */
  SegmentFile create(Path file, boolean isDirect) throws IOException;

  /** Opens an existing file to overwrite it; {@code isDirect} as for {@link #create}. */
  SegmentFile reopen(Path file, boolean isDirect) throws IOException;

  /** Returns the block size of this directory's file system. */
  long blockBytes(Path directory) throws IOException;

  /**
   * Replaces a whole small file atomically: a reader sees the old or the new one, never a mix.
   *
   * @param isForced whether this also holds across a power loss; only {@link #forceNames} makes
   *     sure that the new one survives
   */
  void replace(Path file, ByteBuffer content, boolean isForced) throws IOException;

  /** Creates a hard link; copies the file where the file system has no links. */
  void linkOrCopy(Path from, Path to) throws IOException;

  void move(Path from, Path to) throws IOException;

  /** Deletes a file if it exists. */
  void delete(Path file) throws IOException;

  boolean exists(Path file);

  /** Overwrites a small file in place, which works even when the disk is full. */
  void overwrite(Path file, ByteBuffer content) throws IOException;

  /** Returns whether a file has another hard link, so that its bytes must not change. */
  boolean isShared(Path file) throws IOException;

  /** Returns how many bytes the file system of this directory can still take. */
  long usableBytes(Path directory) throws IOException;
}
