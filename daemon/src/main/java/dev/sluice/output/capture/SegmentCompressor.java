package dev.sluice.output.capture;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Turns a sealed segment into the form that {@link CompressedSegment} reads. One thread. */
final class SegmentCompressor implements AutoCloseable {
  // Measured on level-4 synthetic segments: higher ones cost twice the time for a few percent.
  private static final int LEVEL = 1;

  private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(LEVEL).setChecksum(false);
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CompressedSegment.CHUNK_BYTES);
  private final ByteBuffer compressed =
      ByteBuffer.allocateDirect((int) Zstd.compressBound(CompressedSegment.CHUNK_BYTES));

  /**
   * Writes the compressed form of {@code from} to {@code to}, which must not exist.
   *
   * @return bytes of the new file
   */
  long compress(Path from, Path to, boolean isForced) throws IOException {
    try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      int chunks =
          (int) ((in.size() + CompressedSegment.CHUNK_BYTES - 1) / CompressedSegment.CHUNK_BYTES);
      ByteBuffer table = table(chunks);
      for (int i = 0; i < chunks; i++) {
        chunk.clear();
        compressed.clear();
        SegmentSource.readFully(in, chunk, (long) i * CompressedSegment.CHUNK_BYTES);
        int length = chunk.position();
        int size =
            zstd.compressDirectByteBuffer(compressed, 0, compressed.capacity(), chunk, 0, length);
        write(out, compressed.limit(size));
        table.putInt(size).putInt(length);
      }
      table.putInt(chunks).put((byte) 0).putInt(CompressedSegment.SEEKABLE_MAGIC);
      write(out, table.flip());
      if (isForced) {
        out.force(false);
      }
      return out.size();
    }
  }

  private static ByteBuffer table(int chunks) {
    int length =
        chunks * CompressedSegment.TABLE_ENTRY_BYTES + CompressedSegment.TABLE_FOOTER_BYTES;
    return ByteBuffer.allocate(CompressedSegment.TABLE_HEADER_BYTES + length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(CompressedSegment.SKIPPABLE_MAGIC)
        .putInt(length);
  }

  private static void write(FileChannel out, ByteBuffer from) throws IOException {
    while (from.hasRemaining()) {
      out.write(from);
    }
  }

  @Override
  public void close() {
    zstd.close();
  }
}
