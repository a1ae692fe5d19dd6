package dev.sluice.output.capture;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC32C of parts of a buffer, without allocating as long as the buffer stays the same. One thread.
 */
final class Checksum {
  private final CRC32C crc = new CRC32C();
  private ByteBuffer buffer;
  private ByteBuffer view;

  @SuppressWarnings("ReferenceEquality") // the same buffer, whatever is in it
  int of(ByteBuffer in, int at, int length) {
    if (buffer != in) {
      buffer = in;
      view = in.duplicate();
    }
    view.limit(at + length).position(at);
    crc.reset();
    crc.update(view);
    return (int) crc.getValue();
  }
}
