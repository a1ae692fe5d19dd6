package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The bytes of a segment at any place, whether its file is compressed or not. One thread. */
interface SegmentSource extends AutoCloseable {
  /** Bytes of the segment, uncompressed. */
  long size() throws IOException;

  /** Fills {@code into} from this place on, as far as there are bytes. */
  void read(ByteBuffer into, long offset) throws IOException;

  @Override
  void close() throws IOException;

  static SegmentSource open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    if (!CaptureFormat.isCompressed(file)) {
      return new Plain(channel);
    }
    try {
      return new CompressedSegment(channel, file.getFileName().toString());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** A segment as it was written. Its size may grow while it is read. */
  record Plain(FileChannel channel) implements SegmentSource {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void read(ByteBuffer into, long offset) throws IOException {
      readFully(channel, into, offset);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** Reads until the buffer is full or the file ends. */
  static void readFully(FileChannel channel, ByteBuffer into, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        return;
      }
      at += read;
    }
  }
}
