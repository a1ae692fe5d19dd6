package dev.sluice.output.export;

/** Decimal digits into an array, two at a time; each method returns the place behind them. */
final class Decimal {
  private static final byte[] TENS = new byte[100];
  private static final byte[] ONES = new byte[100];

  static {
    for (int i = 0; i < 100; i++) {
      TENS[i] = (byte) ('0' + i / 10);
      ONES[i] = (byte) ('0' + i % 10);
    }
  }

  private Decimal() {}

  /** Two digits. */
  static int putPair(byte[] into, int at, int value) {
    into[at] = TENS[value];
    into[at + 1] = ONES[value];
    return at + 2;
  }

  /** A number that is not negative, without leading zeros. */
  static int put(byte[] into, int at, long value) {
    int end = at + digits(value);
    int next = end;
    long rest = value;
    while (rest > Integer.MAX_VALUE) {
      long quotient = rest / 100;
      next -= 2;
      putPair(into, next, (int) (rest - quotient * 100));
      rest = quotient;
    }
    int small = (int) rest;
    while (small >= 100) {
      int quotient = small / 100;
      next -= 2;
      putPair(into, next, small - quotient * 100);
      small = quotient;
    }
    if (small >= 10) {
      putPair(into, at, small);
    } else {
      into[at] = (byte) ('0' + small);
    }
    return end;
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
}
