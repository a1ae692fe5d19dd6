package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

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

  /** Makes a new file; fails if there is one. */
  SegmentFile create(Path file) throws IOException;

  /** Opens a file that is there, to write over it. */
  SegmentFile reopen(Path file) throws IOException;

  /** Writes a whole small file so that a reader sees the old one or the new one, never half. */
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
