package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A part of a segment in memory, which moves forward with the reader. One thread. */
final class SegmentWindow {
  // What was read is looked at at once, and so should still be in a core's own cache.
  private static final int USUAL_BYTES = 512 << 10;

  private ByteBuffer buffer = allocate(0);
  private SegmentSource source;
  private long start;

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Turns to another segment. */
  void open(SegmentSource newSource) {
    source = newSource;
    start = 0;
    buffer.clear().limit(0);
  }

  /** Forgets what it holds: the file may have grown. */
  void refresh() {
    start = 0;
    buffer.clear().limit(0);
  }

  /** The memory in which {@link #indexOf} points; another one after the window had to grow. */
  ByteBuffer buffer() {
    return buffer;
  }

  /**
   * Where in {@link #buffer} the bytes from {@code offset} on are, at least {@code length} of them.
   *
   * @return -1 if the segment has fewer
   */
  int indexOf(long offset, int length) throws IOException {
    if (offset < start || offset + length > start + buffer.limit()) {
      load(offset, length);
    }
    return offset + length <= start + buffer.limit() ? (int) (offset - start) : -1;
  }

  private void load(long offset, int length) throws IOException {
    int wanted = (int) Math.max(length, Math.min(USUAL_BYTES, source.size()));
    if (wanted > buffer.capacity()) {
      buffer = allocate(FrameHeader.padded(wanted));
    }
    buffer.clear();
    source.read(buffer, offset);
    buffer.flip();
    start = offset;
  }
}
