package dev.sluice.output.export;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text under construction, as bytes. */
final class Name {
  private static final int MAX_U32_DIGITS = 10;

  private byte[] bytes = new byte[64];
  private int length;

  void clear() {
    length = 0;
  }

  Name append(byte[] text) {
    ensure(text.length);
    // A handful of bytes: a loop is cheaper than a call.
    for (int i = 0; i < text.length; i++) {
      bytes[length + i] = text[i];
    }
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
    ensure(MAX_U32_DIGITS);
    if (unsigned < 0) {
      // Above 2^31: the last digit by hand, the rest fits.
      int quotient = Integer.divideUnsigned(unsigned, 10);
      append(quotient);
      return append((char) ('0' + (unsigned - quotient * 10)));
    }
    length = Decimal.put(bytes, length, unsigned);
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
