package dev.sluice.output.capture;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * A segment compressed as independent zstd frames of {@link #CHUNK_BYTES} each (the last is
 * shorter), followed by the seek table of the zstd seekable format in a skippable frame: {@code
 * zstd -d} gives back the segment, and a reader finds any place without decompressing the rest.
 */
final class CompressedSegment implements SegmentSource {
  /** Bytes of the segment in each zstd frame. */
  static final int CHUNK_BYTES = 1 << 20;

  static final int SKIPPABLE_MAGIC = 0x184D2A5E;
  static final int SEEKABLE_MAGIC = 0x8F92EAB1;
  static final int TABLE_HEADER_BYTES = 8;
  static final int TABLE_ENTRY_BYTES = 8;
  static final int TABLE_FOOTER_BYTES = 9;

  /** Of a segment of 64 GiB. */
  private static final long MAX_TABLE_BYTES = (64L << 10) * TABLE_ENTRY_BYTES;

  private final FileChannel channel;
  private final String name;
  private final long[] compressedAt;
  private final long size;
  private final ByteBuffer compressed;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private int loaded = -1;

  CompressedSegment(FileChannel channel, String name) throws IOException {
    this.channel = channel;
    this.name = name;
    ByteBuffer table = table();
    int chunks = table.remaining() / TABLE_ENTRY_BYTES;
    compressedAt = new long[chunks + 1];
    long total = 0;
    for (int i = 0; i < chunks; i++) {
      compressedAt[i + 1] = compressedAt[i] + (table.getInt(i * TABLE_ENTRY_BYTES) & 0xFFFFFFFFL);
      int length = table.getInt(i * TABLE_ENTRY_BYTES + 4);
      if (length < 0 || length > CHUNK_BYTES || (length < CHUNK_BYTES && i < chunks - 1)) {
        throw damaged("its seek table has a chunk of " + length + " bytes");
      }
      total += length;
    }
    if (compressedAt[chunks] > channel.size()) {
      throw damaged("its seek table points behind its end");
    }
    size = total;
    compressed = ByteBuffer.allocateDirect((int) Zstd.compressBound(CHUNK_BYTES));
  }

  private ByteBuffer table() throws IOException {
    long end = channel.size();
    ByteBuffer footer = read(end - TABLE_FOOTER_BYTES, TABLE_FOOTER_BYTES);
    if (footer.getInt(5) != SEEKABLE_MAGIC || footer.get(4) != 0) {
      throw damaged("it does not end in a seek table");
    }
    long length = (footer.getInt(0) & 0xFFFFFFFFL) * TABLE_ENTRY_BYTES;
    long at = end - TABLE_FOOTER_BYTES - length;
    if (at < TABLE_HEADER_BYTES
        || length > MAX_TABLE_BYTES
        || read(at - TABLE_HEADER_BYTES, TABLE_HEADER_BYTES).getInt(0) != SKIPPABLE_MAGIC) {
      throw damaged("its seek table is damaged");
    }
    return read(at, (int) length);
  }

  private ByteBuffer read(long at, int length) throws IOException {
    ByteBuffer into = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    if (at >= 0) {
      SegmentSource.readFully(channel, into, at);
    }
    if (into.hasRemaining()) {
      throw damaged("it is too short");
    }
    return into.flip();
  }

  private CaptureException damaged(String what) {
    return new CaptureException(name + " is damaged: " + what);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(ByteBuffer into, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining() && at < size) {
      load((int) (at / CHUNK_BYTES));
      int within = (int) (at % CHUNK_BYTES);
      int length = Math.min(into.remaining(), chunk.limit() - within);
      into.put(into.position(), chunk, within, length).position(into.position() + length);
      at += length;
    }
  }

  private void load(int number) throws IOException {
    if (loaded == number) {
      return;
    }
    loaded = -1;
    long stored = compressedAt[number + 1] - compressedAt[number];
    if (stored > compressed.capacity()) {
      throw damaged("chunk " + number + " has " + stored + " bytes");
    }
    int length = (int) stored;
    compressed.clear().limit(length);
    SegmentSource.readFully(channel, compressed, compressedAt[number]);
    int expected = (int) Math.min(CHUNK_BYTES, size - (long) number * CHUNK_BYTES);
    chunk.clear();
    try {
      int got = zstd.decompressDirectByteBuffer(chunk, 0, CHUNK_BYTES, compressed, 0, length);
      if (got != expected) {
        throw damaged("chunk " + number + " has " + got + " bytes and not " + expected);
      }
    } catch (ZstdException e) {
      // Zeros in place of the chunk: no frame starts in them, so the walk goes on behind it.
      for (int i = 0; i < expected; i += Long.BYTES) {
        chunk.putLong(Math.min(i, CHUNK_BYTES - Long.BYTES), 0);
      }
    }
    chunk.limit(expected);
    loaded = number;
  }

  @Override
  public void close() throws IOException {
    zstd.close();
    channel.close();
  }
}
