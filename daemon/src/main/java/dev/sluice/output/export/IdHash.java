package dev.sluice.output.export;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Buckets for task ids. Runtimes count ids up, so the low bits are used as they are: neighbours in
 * time stay neighbours in memory. What lies above them is spread by a factor drawn at random, so
 * that no capture can be made whose ids all meet in one bucket.
 */
final class IdHash {
  // Without a second factor, ids in even steps would now and then gather all the same.
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private final int bits;
  private final long factor = ThreadLocalRandom.current().nextLong() | 1;

  /**
   * @param buckets a power of two, at least 2
   */
  IdHash(int buckets) {
    bits = Integer.numberOfTrailingZeros(buckets);
  }

  /** From 0 up to the number of buckets. */
  int bucket(long id) {
    long above = (id >>> bits) * factor;
    above = (above ^ (above >>> Integer.SIZE)) * MIX;
    return (int) (id + (above >>> (Long.SIZE - bits))) & ((1 << bits) - 1);
  }
}
