package dev.sluice.device.lane;

/**
 * A hint from drain to refill, packed into a long: the pool that published a buffer, and the
 * earliest time that the buffer may have waited since.
 *
 * <pre>
 *   63        62             16 15            0
 *   +---------+----------------+---------------+
 *   | 0       | time ns        | pool          |
 *   +---------+----------------+---------------+
 * </pre>
 *
 * <p>The time keeps its low 47 bits, which wrap after 39 hours: only differences of less than half
 * of that, in either direction, are valid, and a hint lives for microseconds.
 */
final class RefillHint {
  /** Maximum number of pools of a session. */
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
   * Restores the full time from any moment within 19 hours of it. That moment may be the earlier of
   * the two: refill reads its clock before it polls, while the drain continues.
   */
  static long readyNs(long hint, long nowNs) {
    long sinceNs =
        (nowNs - (hint >>> POOL_BITS)) << (Long.SIZE - TIME_BITS) >> (Long.SIZE - TIME_BITS);
    return nowNs - sinceNs;
  }
}
