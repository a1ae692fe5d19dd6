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
    ensure(MAX_U32_DIGITS);
    if (unsigned < 0) {
      // Above 2^31: the last digit by hand, the rest fits.
      int quotient = Integer.divideUnsigned(unsigned, 10);
      append(quotient);
      return append((char) ('0' + (unsigned - quotient * 10)));
    }
    int at = length + digits(unsigned);
    length = at;
    int rest = unsigned;
    do {
      int quotient = rest / 10;
      bytes[--at] = (byte) ('0' + (rest - quotient * 10));
      rest = quotient;
    } while (rest != 0);
    return this;
  }

  private static int digits(int value) {
    if (value < 10_000) {
      return value < 100 ? (value < 10 ? 1 : 2) : (value < 1_000 ? 3 : 4);
    }
    if (value < 100_000_000) {
      return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : (value < 10_000_000 ? 7 : 8);
    }
    return value < 1_000_000_000 ? 9 : 10;
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
