package dev.sluice.device.lane;

/**
 * What drain tells refill in one long: which pool published a buffer, and since when it may have
 * been waiting.
 *
 * <pre>
 *   63        62             16 15            0
 *   +---------+----------------+---------------+
 *   | 0       | time ns        | pool          |
 *   +---------+----------------+---------------+
 * </pre>
 *
 * <p>The time keeps its low 47 bits, which come round after 39 hours: only differences of less than
 * half of that, in either direction, mean anything, and a hint lives for microseconds.
 */
final class RefillHint {
  /** Pools that a session can have. */
  static final int MAX_POOLS = 1 << 16;

  private static final int POOL_BITS = 16;
  private static final int TIME_BITS = 47;
  private static final long TIME_MASK = (1L << TIME_BITS) - 1;

  private RefillHint() {}

  static long encode(int pool, long readyNs) {
    return (readyNs & TIME_MASK) << POOL_BITS | pool;
  }

  static int pool(long hint) {
    return (int) hint & (MAX_POOLS - 1);
  }

  /**
   * The time again in full, given a moment at most 19 hours from it. That may be the earlier of the
   * two: refill reads its clock before it polls, and drain goes on meanwhile.
   */
  static long readyNs(long hint, long nowNs) {
    long sinceNs =
        (nowNs - (hint >>> POOL_BITS)) << (Long.SIZE - TIME_BITS) >> (Long.SIZE - TIME_BITS);
    return nowNs - sinceNs;
  }
}
