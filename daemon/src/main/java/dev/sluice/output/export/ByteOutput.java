package dev.sluice.output.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Formats numbers and text straight into large chunks of bytes, without an object per value. One
 * thread.
 *
 * <p>Room is asked for once per row, {@link #ensure}, and the puts after it check nothing of their
 * own but the array's bounds.
 */
final class ByteOutput implements AutoCloseable {
  /** The longest u64 in decimal. */
  static final int MAX_DECIMAL_BYTES = 20;

  private static final byte[] TENS = new byte[100];
  private static final byte[] ONES = new byte[100];

  static {
    for (int i = 0; i < 100; i++) {
      TENS[i] = (byte) ('0' + i / 10);
      ONES[i] = (byte) ('0' + i % 10);
    }
  }

  private final ChunkWriter writer;
  private byte[] chunk;
  private int position;
  private long flushedBytes;

  ByteOutput(OutputStream output) throws IOException {
    writer = new ChunkWriter(output);
    chunk = writer.take();
  }

  /** The bytes of a text that is known to be ASCII. */
  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Makes room for this many bytes, at most a chunk. */
  void ensure(int bytes) throws IOException {
    if (chunk.length - position < bytes) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (position > 0) {
      writer.write(chunk, position);
      flushedBytes += position;
      position = 0;
      chunk = writer.take();
    }
  }

  /** Everything put so far. */
  long bytes() {
    return flushedBytes + position;
  }

  void put(int aByte) {
    chunk[position++] = (byte) aByte;
  }

  void put(byte[] bytes) {
    put(bytes, bytes.length);
  }

  void put(byte[] bytes, int length) {
    System.arraycopy(bytes, 0, chunk, position, length);
    position += length;
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
    if (value < 10) {
      put('0' + (int) value);
      return;
    }
    int end = position + digits(value);
    position = end;
    long rest = value;
    while (rest > Integer.MAX_VALUE) {
      long quotient = rest / 100;
      int pair = (int) (rest - quotient * 100);
      chunk[--end] = ONES[pair];
      chunk[--end] = TENS[pair];
      rest = quotient;
    }
    int small = (int) rest;
    while (small >= 10) {
      int quotient = small / 100;
      int pair = small - quotient * 100;
      chunk[--end] = ONES[pair];
      if (small < 100 && pair < 10) {
        return;
      }
      chunk[--end] = TENS[pair];
      small = quotient;
      if (small == 0) {
        return;
      }
    }
    chunk[--end] = (byte) ('0' + small);
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
      put('0' + fraction / 100);
      put(TENS[fraction % 100]);
      put(ONES[fraction % 100]);
    }
  }

  private static int digits(long value) {
    int digits = 1;
    long bound = 10;
    while (digits < 19 && value >= bound) {
      digits++;
      bound *= 10;
    }
    return digits;
  }

  /**
   * The chunk itself, for who writes many small things in a row: from {@link #position}, at most as
   * much as {@link #ensure} made room for, and then {@link #moveTo}.
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
        writer.write(chunk, position);
        flushedBytes += position;
        position = 0;
      }
    } finally {
      writer.close();
    }
  }
}
