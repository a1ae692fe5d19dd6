package dev.sluice.output.export;

/** Small numbers together in one, for what is handed from thread to thread as an array of longs. */
final class Words {
  private Words() {}

  static long pair(int high, int low) {
    return ((long) high << 32) | Integer.toUnsignedLong(low);
  }

  static int high(long pair) {
    return (int) (pair >> 32);
  }

  /** Three depths of a queue. */
  static long pack(short[] depths) {
    return (depths[0] & 0xFFFFL) | ((depths[1] & 0xFFFFL) << 16) | ((depths[2] & 0xFFFFL) << 32);
  }

  static void unpack(long packed, short[] depths) {
    for (int i = 0; i < depths.length; i++) {
      depths[i] = (short) (packed >>> (Short.SIZE * i));
    }
  }
}
