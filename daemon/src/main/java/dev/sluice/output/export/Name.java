package dev.sluice.output.export;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text under construction, as bytes. */
final class Name {
  private byte[] bytes = new byte[64];
  private int length;

  void clear() {
    length = 0;
  }

  Name append(byte[] text) {
    ensure(text.length);
    System.arraycopy(text, 0, bytes, length, text.length);
    length += text.length;
    return this;
  }

  Name append(char ascii) {
    ensure(1);
    bytes[length++] = (byte) ascii;
    return this;
  }

  /** A u32 in decimal. */
  Name append(int unsigned) {
    ensure(10);
    long value = Integer.toUnsignedLong(unsigned);
    int digits = 1;
    for (long bound = 10; value >= bound; bound *= 10) {
      digits++;
    }
    int end = length + digits;
    length = end;
    int at = end;
    do {
      long quotient = value / 10;
      bytes[--at] = (byte) ('0' + value - quotient * 10);
      value = quotient;
    } while (value != 0);
    return this;
  }

  /** {@code r1t5}, or {@code t5} in ring 0. */
  Name appendTaskId(long taskId) {
    int ring = (int) (taskId >>> 32);
    if (ring != 0) {
      append('r').append(ring);
    }
    return append('t').append((int) taskId);
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }

  /** Backing bytes; the first {@link #length} count. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
