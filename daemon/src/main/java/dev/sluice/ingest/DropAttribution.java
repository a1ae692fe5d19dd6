package dev.sluice.ingest;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.function.IntFunction;

/**
 * Gives each device-side drop a cause. The device has one counter per pool and no reason, so this
 * is inference, from what the host saw when the counter moved, and documented as such
 * (docs/headroom.md).
 *
 * <p>Most drops refill has seen itself: it looks at an empty free queue at every sweep, and notes
 * where the buffers are and what was dropped since. The rest was dropped since its last look, or
 * for another reason than an empty free queue. That rest gets its cause here from the state at this
 * moment, and when refill reports it later it is not counted again: a cause once given stays, since
 * counters must never decrease.
 *
 * <p>Called by one thread at short intervals.
 */
public final class DropAttribution {
  private static final int CAUSES = DropCause.ALL.size();

  private final long[][] byPool;
  private final long[] attributed;
  private final long[] seenLate;
  private final long[] seenNotDrained;
  private final long[] seenExhausted;
  // Attributed here before refill reported them, by whether as exhausted.
  private final long[] aheadLate;
  private final long[] aheadExhausted;
  private final DropCause[] lastCause;
  private final int[] lastCauseAge;
  private final long[][] byKind = new long[BufferKind.COUNT][CAUSES];

  private long readyFull;
  private int readyFullAge = Integer.MAX_VALUE;
  private long handoffFull;
  private boolean isHandoffFull;

  public DropAttribution(int pools) {
    byPool = new long[pools][CAUSES];
    attributed = new long[pools];
    seenLate = new long[pools];
    seenNotDrained = new long[pools];
    seenExhausted = new long[pools];
    aheadLate = new long[pools];
    aheadExhausted = new long[pools];
    lastCause = new DropCause[pools];
    lastCauseAge = new int[pools];
  }

  /**
   * Begins an interval.
   *
   * @param readyFullCount times so far that a drain found a ready queue full
   * @param isReadyFullNow whether one is full at this moment
   * @param handoffFullCount times so far that a drain had to leave an entry where it was, because
   *     collectors were behind
   */
  public void begin(long readyFullCount, boolean isReadyFullNow, long handoffFullCount) {
    boolean isFull = isReadyFullNow || readyFullCount != readyFull;
    readyFullAge = isFull ? 0 : readyFullAge == Integer.MAX_VALUE ? readyFullAge : readyFullAge + 1;
    readyFull = readyFullCount;
    isHandoffFull = handoffFullCount != handoffFull;
    handoffFull = handoffFullCount;
  }

  /** Looks at one pool. */
  public void pool(int pool, BufferKind kind, DropEvidence evidence) {
    lastCauseAge[pool] = Math.min(lastCauseAge[pool] + 1, Integer.MAX_VALUE - 1);
    long late = Math.max(0, evidence.whileSpareAtHand - seenLate[pool]);
    long notDrained = Math.max(0, evidence.whileNotDrained - seenNotDrained[pool]);
    long exhausted = Math.max(0, evidence.whileNotReturned - seenExhausted[pool]);
    seenLate[pool] += late;
    seenNotDrained[pool] += notDrained;
    seenExhausted[pool] += exhausted;
    if (isHandoffFull) {
      // The drain was there; it had nowhere to put them.
      exhausted += notDrained;
    } else {
      late += notDrained;
    }
    // First like from like: the guess was most often right.
    long known = Math.min(late, aheadLate[pool]);
    aheadLate[pool] -= known;
    late -= known;
    known = Math.min(exhausted, aheadExhausted[pool]);
    aheadExhausted[pool] -= known;
    exhausted -= known;
    known = Math.min(late, aheadExhausted[pool]);
    aheadExhausted[pool] -= known;
    late -= known;
    known = Math.min(exhausted, aheadLate[pool]);
    aheadLate[pool] -= known;
    exhausted -= known;

    give(pool, kind, DropCause.HOST_LATE, Math.min(late, left(pool, evidence)));
    give(pool, kind, DropCause.POOL_EXHAUSTED, Math.min(exhausted, left(pool, evidence)));
    long rest = left(pool, evidence);
    if (rest > 0) {
      DropCause cause = guess(pool, evidence);
      if (cause == DropCause.POOL_EXHAUSTED) {
        aheadExhausted[pool] += rest;
      } else {
        aheadLate[pool] += rest;
      }
      give(pool, kind, cause, rest);
    }
  }

  private long left(int pool, DropEvidence evidence) {
    return Math.max(0, evidence.dropped - attributed[pool]);
  }

  /** From the state at this moment. */
  private DropCause guess(int pool, DropEvidence evidence) {
    if (evidence.isNotReturned) {
      return DropCause.POOL_EXHAUSTED;
    }
    if (evidence.isNotDrained) {
      return isHandoffFull ? DropCause.POOL_EXHAUSTED : DropCause.HOST_LATE;
    }
    boolean isReadyFull = readyFullAge <= 1;
    if (isReadyFull && !evidence.isEmpty) {
      return DropCause.READY_QUEUE_FULL;
    }
    if (evidence.isEmpty) {
      // Refill has not noticed yet: that is what being late is.
      return DropCause.HOST_LATE;
    }
    if (lastCause[pool] != null && lastCauseAge[pool] <= 1) {
      // Counted just after refill looked, and just before its buffer was there.
      return lastCause[pool];
    }
    return DropCause.UNKNOWN;
  }

  private void give(int pool, BufferKind kind, DropCause cause, long records) {
    if (records > 0) {
      byPool[pool][cause.ordinal()] += records;
      byKind[kind.ordinal()][cause.ordinal()] += records;
      attributed[pool] += records;
      lastCause[pool] = cause;
      lastCauseAge[pool] = 0;
    }
  }

  /** Writes what was given, for {@link #resume}. */
  public void save(DataOutput out) throws IOException {
    for (long[] ofPool : byPool) {
      for (long records : ofPool) {
        out.writeLong(records);
      }
    }
  }

  /**
   * Goes on where another process stopped: what was given stays.
   *
   * @param kind of each pool
   */
  public void resume(DataInput in, IntFunction<BufferKind> kind) throws IOException {
    for (int pool = 0; pool < byPool.length; pool++) {
      for (DropCause cause : DropCause.ALL) {
        give(pool, kind.apply(pool), cause, in.readLong());
      }
      lastCause[pool] = null;
    }
  }

  /** What was dropped before this process and has no cause any more. */
  public void assume(int pool, BufferKind kind, long records) {
    give(pool, kind, DropCause.UNKNOWN, records);
    lastCause[pool] = null;
  }

  /** Drops of a pool given to a cause so far. The calling thread's. */
  public long count(int pool, DropCause cause) {
    return byPool[pool][cause.ordinal()];
  }

  /** Drops of a kind given to a cause so far. The calling thread's. */
  public long count(BufferKind kind, DropCause cause) {
    return byKind[kind.ordinal()][cause.ordinal()];
  }
}
