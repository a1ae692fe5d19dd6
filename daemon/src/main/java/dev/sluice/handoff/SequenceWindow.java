package dev.sluice.handoff;

import java.util.Arrays;

/**
 * Tracks the sequence number of each pool's buffers (abi.md, Ready queues), which counts up from 0.
 * Remembers each of the last {@value #WINDOW} numbers, to distinguish a buffer that arrives late,
 * because its core changed threads, from a duplicate. Used by one thread.
 */
public final class SequenceWindow {
  /** A number that was skipped before and is no longer missing. */
  public static final int LATE = -1;

  /** A number that was taken before, or is too old to decide. */
  public static final int REPEATED = -2;

  /** An implausible number. */
  public static final int WILD = -3;

  private static final int WINDOW = 64;

  // One wild number must not make all later ones look old.
  private static final int MAX_SKIP = 1 << 20;

  private final int[] expected;
  // By pool: bit n is set if the number n + 1 before the expected one was taken.
  private final long[] taken;

  public SequenceWindow(int pools) {
    expected = new int[pools];
    taken = new long[pools];
    restart();
  }

  /** Restarts all pools at 0. */
  public void restart() {
    Arrays.fill(expected, 0);
    Arrays.fill(taken, -1L);
  }

  /** Returns the next number of a pool. */
  public int expected(int pool) {
    return expected[pool];
  }

  /** Returns which of the numbers before the next one were taken. */
  public long taken(int pool) {
    return taken[pool];
  }

  /** Continues where another window of this pool ended. */
  public void resume(int pool, int expectedNow, long takenBefore) {
    expected[pool] = expectedNow;
    taken[pool] = takenBefore;
  }

  /**
   * Classifies a number without changing anything.
   *
   * @return 0 if it is the next one, n if n are missing before it, or one of the constants
   */
  public int look(int pool, int sequenceUntrusted) {
    int ahead = sequenceUntrusted - expected[pool];
    if (ahead >= 0) {
      return ahead < MAX_SKIP ? ahead : WILD;
    }
    int behind = -1 - ahead;
    return behind < WINDOW && (taken[pool] >>> behind & 1) == 0 ? LATE : REPEATED;
  }

  /** Notes that a buffer was taken; {@link #look} must have allowed it. */
  public void take(int pool, int sequence) {
    int ahead = sequence - expected[pool];
    if (ahead < 0) {
      taken[pool] |= 1L << (-1 - ahead);
    } else if (ahead < MAX_SKIP) {
      taken[pool] = ahead + 1 < WINDOW ? taken[pool] << (ahead + 1) | 1 : 1;
      expected[pool] = sequence + 1;
    }
  }
}
