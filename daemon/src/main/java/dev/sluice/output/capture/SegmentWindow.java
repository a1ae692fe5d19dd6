package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Part of a segment in memory, which moves forward with the reader. One thread. */
final class SegmentWindow {
  // Small enough that fresh data is still in the core's own cache when it is parsed.
  private static final int USUAL_BYTES = 512 << 10;

  private ByteBuffer buffer = allocate(0);
  private SegmentSource source;
  private long start;

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Switches to another segment. */
  void open(SegmentSource newSource) {
    source = newSource;
    start = 0;
    buffer.clear().limit(0);
  }

  /** Drops the content, since the file may have grown. */
  void refresh() {
    start = 0;
    buffer.clear().limit(0);
  }

  /** Memory that {@link #indexOf} refers to; replaced when the window has to grow. */
  ByteBuffer buffer() {
    return buffer;
  }

  /**
   * Returns the index in {@link #buffer} of at least {@code length} bytes from {@code offset} on.
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
