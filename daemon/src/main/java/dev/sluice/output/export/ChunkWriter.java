package dev.sluice.output.export;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Writes filled chunks on a thread of its own, so that formatting goes on while the kernel copies.
 * At most {@value #CHUNKS} chunks exist; the caller waits when all are on their way.
 *
 * <p>One caller. An error of the output is thrown by the next call; the thread then only passes
 * chunks back, so that nobody waits for ever. The thread is never interrupted: that would close a
 * channel under it.
 */
final class ChunkWriter implements AutoCloseable {
  static final int CHUNK_BYTES = 1 << 20;
  private static final int CHUNKS = 3;

  private static final class Chunk {
    final byte[] bytes;
    final int length;

    Chunk(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }

    /** Nothing comes after it. */
    boolean isLast() {
      return length < 0;
    }

    static Chunk last() {
      return new Chunk(new byte[0], -1);
    }
  }

  private final OutputStream output;
  private final BlockingQueue<Chunk> filled = new ArrayBlockingQueue<>(CHUNKS + 1);
  private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(CHUNKS);
  private final Thread thread;
  private volatile IOException failure;
  private boolean isClosed;

  ChunkWriter(OutputStream output) {
    this.output = output;
    for (int i = 0; i < CHUNKS; i++) {
      empty.add(new byte[CHUNK_BYTES]);
    }
    thread = new Thread(this::writeAll, "export-writer");
    thread.setDaemon(true);
    thread.start();
  }

  /** A chunk to fill; waits until one is free. */
  byte[] take() throws IOException {
    try {
      return empty.take();
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /** Hands over the first bytes of a chunk. */
  void write(byte[] chunk, int length) throws IOException {
    throwFailure();
    put(new Chunk(chunk, length));
  }

  private void put(Chunk chunk) throws IOException {
    try {
      filled.put(chunk);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted while writing the export");
  }

  private void throwFailure() throws IOException {
    IOException first = failure;
    if (first != null) {
      // A new one each time: the same exception cannot be its own suppressed one.
      throw new IOException(first.getMessage(), first);
    }
  }

  private void writeAll() {
    try {
      while (true) {
        Chunk chunk = filled.take();
        if (chunk.isLast()) {
          return;
        }
        if (failure == null) {
          try {
            output.write(chunk.bytes, 0, chunk.length);
          } catch (IOException e) {
            failure = e;
          }
        }
        empty.put(chunk.bytes);
      }
    } catch (InterruptedException e) {
      failure = new InterruptedIOException("the writing thread was interrupted");
    }
  }

  /** Waits until everything is written; the output stays open. */
  @Override
  public void close() throws IOException {
    if (isClosed) {
      return;
    }
    isClosed = true;
    put(Chunk.last());
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    throwFailure();
  }
}
