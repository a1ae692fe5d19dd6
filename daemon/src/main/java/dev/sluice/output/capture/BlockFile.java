package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A file written from front to back. Bytes collect in a block of memory, which is written to disk
 * when it is full. {@link #flush} writes a partial block early, zero-padded to the file system's
 * block size, and the next write starts at the last block boundary before its end. All writes are
 * therefore aligned, as direct I/O requires, and the content is a plain stream.
 *
 * <p>If the file system refuses a direct write, the same bytes and all later ones go through the
 * page cache. One thread.
 */
final class BlockFile {
  static final int BYTES = 1 << 20;
  private static final int MIN_UNIT = 512;
  private static final int MAX_UNIT = 64 << 10;

  private final CaptureFiles files;
  private final DirectIo direct;
  private final Path path;
  private final ByteBuffer memory;
  private final int unit;
  private CaptureFiles.SegmentFile file;
  // Offset of the block in the file, bytes in the block, and how many of those are on disk.
  private long start;
  private int filled;
  private int flushed;

  /**
   * @param file opened in the mode of {@code direct}; its content is overwritten
   * @param memory from {@link #allocate}, reusable once this file is closed
   */
  BlockFile(
      CaptureFiles files,
      DirectIo direct,
      Path path,
      CaptureFiles.SegmentFile file,
      ByteBuffer memory)
      throws IOException {
    this.files = files;
    this.direct = direct;
    this.path = path;
    this.file = file;
    this.memory = memory;
    try {
      this.unit = unit();
    } catch (IOException e) {
      this.file.close();
      throw e;
    }
  }

  /** Allocates memory for one file at a time. */
  static ByteBuffer allocate() {
    return ByteBuffer.allocateDirect(BYTES + MAX_UNIT)
        .alignedSlice(MAX_UNIT)
        .slice(0, BYTES)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private int unit() throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    long bytes = files.blockBytes(directory);
    if (bytes >= MIN_UNIT && bytes <= MAX_UNIT && Long.bitCount(bytes) == 1) {
      return (int) bytes;
    }
    if (direct.isOn()) {
      direct.refused(directory, "its blocks have " + bytes + " bytes");
      goOnBuffered();
    }
    return MIN_UNIT;
  }

  private void goOnBuffered() throws IOException {
    file.close();
    file = direct.reopen(files, path);
  }

  /** Appends bytes, in multiples of 64; writes each block that becomes full. */
  void put(ByteBuffer from, int at, int bytes) throws IOException {
    for (int done = 0; done < bytes; ) {
      int part = Math.min(bytes - done, BYTES - filled);
      memory.put(filled, from, at + done, part);
      filled += part;
      done += part;
      if (filled == BYTES) {
        flush();
        start += BYTES;
        filled = 0;
        flushed = 0;
      }
    }
  }

  /** Writes everything appended so far to the file. */
  void flush() throws IOException {
    if (flushed == filled) {
      return;
    }
    int from = flushed & -unit;
    int to = (filled + unit - 1) & -unit;
    for (int i = filled; i < to; i += Long.BYTES) {
      memory.putLong(i, 0);
    }
    try {
      file.write(memory.limit(to).position(from), start + from);
    } catch (IOException e) {
      direct.refusedOrThrow(path, e);
      goOnBuffered();
      file.write(memory.limit(to).position(from), start + from);
    } finally {
      memory.clear();
    }
    direct.proved();
    flushed = filled;
  }

  /** Bytes appended. */
  long bytes() {
    return start + filled;
  }

  /** Of those, bytes that are in the file. */
  long written() {
    return start + flushed;
  }

  void force() throws IOException {
    file.force();
  }

  void truncate(long bytes) throws IOException {
    file.truncate(bytes);
  }

  void close() throws IOException {
    file.close();
  }
}
