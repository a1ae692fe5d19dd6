package dev.sluice.output.capture;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC32C of parts of a buffer. Allocates only when the buffer changes. One thread. */
final class Checksum {
  private final CRC32C crc = new CRC32C();
  private ByteBuffer buffer;
  private ByteBuffer view;

  @SuppressWarnings("ReferenceEquality") // compares identity, not content
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
