package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Decompressed parts of compressed segments, the {@value #CHUNKS} used last: a reader that merges
 * pools jumps to and fro between a few places, and a chunk is decompressed whole. One thread.
 */
final class ChunkCache {
  private static final int CHUNKS = 64;

  private record Key(int segment, long chunk) {}

  private final Map<Key, ByteBuffer> chunks = new LinkedHashMap<>(16, 0.75f, true);

  /** The same segment, read through the cache. */
  SegmentSource of(int segment, SegmentSource source) throws IOException {
    return new Cached(segment, source, source.size());
  }

  void forget(int segment) {
    chunks.keySet().removeIf(key -> key.segment() == segment);
  }

  private ByteBuffer chunk(int segment, long number, SegmentSource source) throws IOException {
    Key key = new Key(segment, number);
    ByteBuffer known = chunks.get(key);
    if (known != null) {
      return known;
    }
    ByteBuffer buffer;
    if (chunks.size() >= CHUNKS) {
      Key eldest = chunks.keySet().iterator().next();
      buffer = chunks.remove(eldest);
    } else {
      buffer = ByteBuffer.allocateDirect(CompressedSegment.CHUNK_BYTES);
    }
    buffer.clear();
    source.read(buffer, number * CompressedSegment.CHUNK_BYTES);
    buffer.flip();
    chunks.put(key, buffer);
    return buffer;
  }

  private final class Cached implements SegmentSource {
    private final int segment;
    private final SegmentSource source;
    private final long size;

    Cached(int segment, SegmentSource source, long size) {
      this.segment = segment;
      this.source = source;
      this.size = size;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public void read(ByteBuffer into, long offset) throws IOException {
      long at = offset;
      while (into.hasRemaining() && at < size) {
        ByteBuffer chunk = chunk(segment, at / CompressedSegment.CHUNK_BYTES, source);
        int within = (int) (at % CompressedSegment.CHUNK_BYTES);
        int length = Math.min(into.remaining(), chunk.limit() - within);
        if (length <= 0) {
          return;
        }
        into.put(into.position(), chunk, within, length).position(into.position() + length);
        at += length;
      }
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }
}
