package dev.sluice.ingest;

/**
 * Follows the sequence number of each pool's buffers (abi.md 4.6): one more each time, from 0. Used
 * by one collector.
 */
final class SequenceTracker {
  private final int[] expected;

  SequenceTracker(int pools) {
    expected = new int[pools];
  }

  /**
   * Takes note of a buffer.
   *
   * @return 0 if it is the next one, n if n buffers are missing before it, -1 if it is an old one
   */
  int observe(int pool, int sequence) {
    int ahead = sequence - expected[pool];
    if (ahead < 0) {
      return -1;
    }
    expected[pool] = sequence + 1;
    return ahead;
  }
}
