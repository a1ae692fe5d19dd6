package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The segments that a random reader has open: the {@value #MAX_OPEN} that it used last. One thread.
 */
final class OpenSegments implements AutoCloseable {
  private static final int MAX_OPEN = 16;
  private static final int COPY_BYTES = 1 << 20;

  private final Path directory;
  private final ChunkCache chunks = new ChunkCache();
  private final Map<Integer, SegmentSource> open = new LinkedHashMap<>(16, 0.75f, true);
  private Path scratch;

  OpenSegments(Path directory) {
    this.directory = directory;
  }

  /** Compressed segments are unpacked into this directory when they are opened. */
  void unpackInto(Path newScratch) {
    scratch = newScratch;
  }

  SegmentSource get(int number) throws IOException {
    SegmentSource known = open.get(number);
    if (known != null) {
      return known;
    }
    SegmentSource source = openNow(number);
    open.put(number, source);
    if (open.size() > MAX_OPEN) {
      int eldest = open.keySet().iterator().next();
      chunks.forget(eldest);
      open.remove(eldest).close();
    }
    return source;
  }

  /** Under the name that it has now: compression may rename it at any time. */
  private SegmentSource openNow(int number) throws IOException {
    Path plain = directory.resolve(CaptureFormat.segmentName(number));
    Path compressed = directory.resolve(CaptureFormat.compressedName(number));
    try {
      return SegmentSource.open(plain);
    } catch (NoSuchFileException ignored) {
      // Then it is compressed by now, or was removed, which the next line says.
    }
    SegmentSource source = SegmentSource.open(compressed);
    return scratch == null ? chunks.of(number, source) : unpacked(source);
  }

  /** A copy without a name: it is gone when it is closed, or the process ends. */
  private SegmentSource unpacked(SegmentSource source) throws IOException {
    Path copy = Files.createTempFile(scratch, ".sluice-", ".seg");
    FileChannel channel =
        FileChannel.open(
            copy,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    try (source) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
      long size = source.size();
      for (long at = 0; at < size; at += COPY_BYTES) {
        buffer.clear();
        source.read(buffer, at);
        buffer.flip();
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
      return new SegmentSource.Plain(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (SegmentSource source : open.values()) {
      try {
        source.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    open.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
