package dev.sluice.output.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/**
 * Formats numbers and text straight into large chunks of bytes, without an object per value. One
 * thread.
 *
 * <p>Room is asked for once per row, {@link #ensure}, and the puts after it check nothing of their
 * own but the array's bounds.
 */
final class ByteOutput implements AutoCloseable {
  /** Usually written at once. */
  static final int CHUNK_BYTES = 1 << 20;

  private static final int CHUNKS = 3;

  /** The longest u64 in decimal. */
  static final int MAX_DECIMAL_BYTES = 20;

  private static final class Chunk {
    byte[] bytes = new byte[CHUNK_BYTES + Decimal.SPILL_BYTES];
    int length;
  }

  // Writes while the next chunk is formatted.
  private final Stage<Chunk> writer;
  private Chunk current;
  private byte[] chunk;
  private int position;
  private long flushedBytes;

  ByteOutput(OutputStream output) throws IOException {
    writer =
        new Stage<>(
            "export-writer",
            Stream.generate(Chunk::new).limit(CHUNKS).toList(),
            full -> output.write(full.bytes, 0, full.length));
    next();
  }

  /** The bytes of a text that is known to be ASCII. */
  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Makes room for this many bytes. A chunk grows for the one thing that needs a larger one. */
  void ensure(int bytes) throws IOException {
    // Numbers are put word by word, and the last word may reach beyond them.
    int needed = bytes + Decimal.SPILL_BYTES;
    if (chunk.length - position < needed) {
      flush();
      if (chunk.length < needed) {
        current.bytes = new byte[needed];
        chunk = current.bytes;
      }
    }
  }

  private void flush() throws IOException {
    if (position > 0) {
      give();
      next();
    }
  }

  private void next() throws IOException {
    current = writer.take();
    chunk = current.bytes;
  }

  private void give() throws IOException {
    current.length = position;
    flushedBytes += position;
    position = 0;
    writer.give(current);
  }

  /** Everything put so far. */
  long bytes() {
    return flushedBytes + position;
  }

  void put(int aByte) {
    chunk[position++] = (byte) aByte;
  }

  void put(byte[] bytes) {
    System.arraycopy(bytes, 0, chunk, position, bytes.length);
    position += bytes.length;
  }

  /** A text of any length, for what is written once. */
  void putText(String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ensure(bytes.length);
    put(bytes);
  }

  /** Decimal, all 64 bits unsigned. */
  void putUnsigned(long value) {
    if (value < 0) {
      long quotient = Long.divideUnsigned(value, 10);
      putUnsigned(quotient);
      put('0' + (int) (value - quotient * 10));
      return;
    }
    position = Decimal.put(chunk, position, value);
  }

  /** An i32 or i16. */
  void putSigned(int value) {
    if (value < 0) {
      put('-');
    }
    putUnsigned(Math.abs((long) value));
  }

  /** Nanoseconds as microseconds, with three decimals unless they are all 0. */
  void putMicros(long ns) {
    long micros = ns / 1000;
    int fraction = (int) (ns - micros * 1000);
    putUnsigned(micros);
    if (fraction != 0) {
      put('.');
      position = Decimal.putFixed(chunk, position, fraction, 3);
    }
  }

  /** A key and a number; as {@link #putUnsigned}. */
  void putNumber(byte[] key, long value) {
    put(key);
    putUnsigned(value);
  }

  /** A key and a time. */
  void putMicros(byte[] key, long ns) {
    put(key);
    putMicros(ns);
  }

  /**
   * The chunk itself, for who writes many small things in a row: from {@link #position}, at most as
   * much as {@link #ensure} made room for and a few bytes that come to nothing, and then {@link
   * #moveTo}.
   */
  byte[] chunk() {
    return chunk;
  }

  int position() {
    return position;
  }

  /** Everything in front of this is written. */
  void moveTo(int newPosition) {
    position = newPosition;
  }

  /** Waits until everything is written; the stream stays open. */
  @Override
  public void close() throws IOException {
    try {
      if (position > 0) {
        give();
      }
    } finally {
      writer.close();
    }
  }
}
