package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Random access to the bytes of a segment, which may grow while it is read. One thread. */
record SegmentSource(FileChannel channel) implements AutoCloseable {
  static SegmentSource open(Path file) throws IOException {
    return new SegmentSource(FileChannel.open(file, StandardOpenOption.READ));
  }

  long size() throws IOException {
    return channel.size();
  }

  /** Fills {@code into} from {@code offset} on, or up to the end of the file. */
  void read(ByteBuffer into, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        return;
      }
      at += read;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
