package dev.sluice.ingest;

/**
 * Follows the sequence number of each pool's buffers (abi.md 4.6): one more each time, from 0. Used
 * by one collector.
 */
final class SequenceTracker {
  // One wild number must not make all that follow look old.
  private static final int MAX_SKIP = 1 << 20;

  private final int[] expected;

  SequenceTracker(int pools) {
    expected = new int[pools];
  }

  /**
   * Takes note of a buffer.
   *
   * @return 0 if it is the next one, n if n buffers are missing before it, -1 if the number makes
   *     no sense
   */
  int observe(int pool, int sequence) {
    int ahead = sequence - expected[pool];
    if (ahead < 0 || ahead >= MAX_SKIP) {
      return -1;
    }
    expected[pool] = sequence + 1;
    return ahead;
  }
}
