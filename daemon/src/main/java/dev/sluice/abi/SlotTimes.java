package dev.sluice.abi;

/**
 * Times of records in jittered content: slots of unequal length in groups of 32, as documented in
 * {@code sluice_content.h}. A slot is packed into an int, so that finding it allocates nothing.
 * Immutable.
 */
final class SlotTimes {
  /** Type of cube cores and the orchestrator: similar lengths. */
  static final int ALIKE = 0;

  /** Type of vector cores and schedulers: short, with a long tail. */
  static final int LONG_TAIL = 1;

  private static final int[][] LENGTHS = {{16, 28, 40, 60}, {10, 20, 40, 72, 248}};
  private static final int[][] TIMES = {{8, 12, 8, 4}, {12, 10, 6, 3, 1}};
  private static final int GROUP = 32;
  private static final int PATTERNS = 16;
  private static final int LENGTH_SHIFT = 10;
  private static final int POWER_SHIFT = 20;
  private static final int FIELD_MASK = 1023;
  private static final int[] SLOTS = new int[LENGTHS.length * PATTERNS * GROUP];

  static {
    for (int type = 0; type < LENGTHS.length; type++) {
      for (int pattern = 0; pattern < PATTERNS; pattern++) {
        int[] lengths = shuffled(type, pattern);
        int begin = 0;
        for (int i = 0; i < GROUP; i++) {
          SLOTS[(type * PATTERNS + pattern) * GROUP + i] =
              begin | lengths[i] << LENGTH_SHIFT | Integer.highestOneBit(lengths[i]) << POWER_SHIFT;
          begin += lengths[i];
        }
      }
    }
  }

  private final int type;
  private final long group256;
  private final long ticks;
  private final long power;

  /**
   * @param group256 length of a group in 256ths of ticks
   */
  SlotTimes(int type, long group256) {
    this.type = type;
    this.group256 = group256;
    this.ticks = group256 >>> 8;
    this.power = Long.highestOneBit(ticks);
  }

  /** Length of a group of a core's tasks, with one task per period on average. */
  static long group256(long periodTicks) {
    return 256 * GROUP * periodTicks;
  }

  private static int[] shuffled(int type, int pattern) {
    int[] lengths = new int[GROUP];
    int filled = 0;
    for (int i = 0; i < LENGTHS[type].length; i++) {
      for (int n = 0; n < TIMES[type][i]; n++) {
        lengths[filled++] = LENGTHS[type][i];
      }
    }
    for (int j = GROUP - 1; j > 0; j--) {
      long bits = SyntheticContent.mix(SyntheticContent.K * (512L * type + 32L * pattern + j));
      int other = (int) Long.remainderUnsigned(bits, j + 1);
      int length = lengths[other];
      lengths[other] = lengths[j];
      lengths[j] = length;
    }
    return lengths;
  }

  long groupTicks() {
    return ticks;
  }

  /** Returns the slot of a record, for the methods below. */
  int slot(long stream, long index) {
    int pattern = (int) (((~stream + (index >>> 5)) * SyntheticContent.K) >>> 60);
    return SLOTS[(type * PATTERNS + pattern) * GROUP + ((int) index & GROUP - 1)];
  }

  long start(int slot, long origin, long index) {
    return origin + (((index >>> 5) * group256) >>> 8) + (((slot & FIELD_MASK) * ticks) >>> 10);
  }

  long length(int slot) {
    return ((slot >>> LENGTH_SHIFT & FIELD_MASK) * ticks) >>> 10;
  }

  /** Returns a mask: shifted right by n + 1, it covers jitter below length / 2^n. */
  long ones(int slot) {
    return (((slot >>> POWER_SHIFT) * power) >>> 10) * 2 - 1;
  }
}
