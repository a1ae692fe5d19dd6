package dev.sluice.output.export;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Decimal digits into an array, eight at a time; each method returns the place behind them. Up to
 * {@value #SPILL_BYTES} bytes from there on may change, too.
 */
final class Decimal {
  /** How far behind a number its last word may reach. */
  static final int SPILL_BYTES = Long.BYTES - 1;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int EIGHT_DIGITS = 100_000_000;
  private static final long ASCII = 0x3030303030303030L;

  private Decimal() {}

  /** A number that is not negative, without leading zeros. */
  static int put(byte[] into, int at, long value) {
    if (value >= EIGHT_DIGITS) {
      long above = value / EIGHT_DIGITS;
      return putFixed(into, put(into, at, above), (int) (value - above * EIGHT_DIGITS), 8);
    }
    long digits = digits((int) value);
    // The first digit is in the lowest byte; the number 0 keeps one of its zeros.
    int zeros = Math.min(Long.numberOfTrailingZeros(digits) / Byte.SIZE, Long.BYTES - 1);
    LONG.set(into, at, (digits + ASCII) >>> (zeros * Byte.SIZE));
    return at + Long.BYTES - zeros;
  }

  /**
   * A number with leading zeros.
   *
   * @param count of digits, from 1 to 8; the number has no more
   */
  static int putFixed(byte[] into, int at, int value, int count) {
    LONG.set(into, at, (digits(value) + ASCII) >>> ((Long.BYTES - count) * Byte.SIZE));
    return at + count;
  }

  /**
   * Eight digits, one in each byte: halves, quarters and digits of the number are divided beside
   * each other in one word, by a multiplication with the reciprocal that is exact for so few
   * digits.
   */
  private static long digits(int value) {
    int high = value / 10_000;
    long halves = high | (long) (value - high * 10_000) << 32;
    long hundreds = ((halves * 10_486) >>> 20) & 0x0000_007F_0000_007FL;
    long pairs = hundreds | (halves - hundreds * 100) << 16;
    long tens = ((pairs * 103) >>> 10) & 0x000F_000F_000F_000FL;
    return tens | (pairs - tens * 10) << 8;
  }
}
