package dev.sluice.handoff;

import java.util.Arrays;

/**
 * Follows the sequence number of each pool's buffers (abi.md 4.6): one more each time, from 0.
 * Knows the last {@value #WINDOW} numbers one by one, so that a buffer which comes late, because
 * its core has changed threads, is told from one that comes again. Used by one thread.
 */
public final class SequenceWindow {
  /** A number that was stepped over before and is not missing any more. */
  public static final int LATE = -1;

  /** A number that was taken before, or is too old to tell. */
  public static final int REPEATED = -2;

  /** A number that makes no sense. */
  public static final int WILD = -3;

  private static final int WINDOW = 64;

  // One wild number must not make all that follow look old.
  private static final int MAX_SKIP = 1 << 20;

  private final int[] expected;
  // By pool: bit n says whether the number that is n + 1 before the expected one was taken.
  private final long[] taken;

  public SequenceWindow(int pools) {
    expected = new int[pools];
    taken = new long[pools];
    restart();
  }

  /** All pools begin again at 0. */
  public void restart() {
    Arrays.fill(expected, 0);
    Arrays.fill(taken, -1L);
  }

  /** The next number of a pool. */
  public int expected(int pool) {
    return expected[pool];
  }

  /** Which of the numbers before the next one were taken. */
  public long taken(int pool) {
    return taken[pool];
  }

  /** Continues where another window of this pool ended. */
  public void resume(int pool, int expectedNow, long takenBefore) {
    expected[pool] = expectedNow;
    taken[pool] = takenBefore;
  }

  /**
   * Looks at a number and notes nothing.
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

  /** Notes that a buffer was taken; {@link #look} has told that it may be. */
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
