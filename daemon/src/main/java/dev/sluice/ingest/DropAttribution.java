package dev.sluice.ingest;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.function.IntFunction;

/**
 * Attributes each device-side drop to a cause. The device has one counter per pool and no reason,
 * so this is inference from what the host observed when the counter moved (docs/headroom.md).
 *
 * <p>Refill observes most drops itself: it checks an empty free queue at every sweep, and notes
 * where the buffers are and how much was dropped since. The rest was dropped since its last check,
 * or with a free queue that was not empty. That rest gets its cause here from the current state,
 * and is not counted again when refill reports it later: an attributed cause is final, since
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
  // Drops attributed here before refill reported them: to lateness, and to exhaustion.
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
   * @param isReadyFullNow whether a ready queue is full now
   * @param handoffFullCount times so far that a drain left an entry in place because collectors
   *     were slow
   */
  public void begin(long readyFullCount, boolean isReadyFullNow, long handoffFullCount) {
    boolean isFull = isReadyFullNow || readyFullCount != readyFull;
    readyFullAge = isFull ? 0 : readyFullAge == Integer.MAX_VALUE ? readyFullAge : readyFullAge + 1;
    readyFull = readyFullCount;
    isHandoffFull = handoffFullCount != handoffFull;
    handoffFull = handoffFullCount;
  }

  /** Attributes the drops of one pool. */
  public void pool(int pool, BufferKind kind, DropEvidence evidence) {
    lastCauseAge[pool] = Math.min(lastCauseAge[pool] + 1, Integer.MAX_VALUE - 1);
    long late = Math.max(0, evidence.whileSpareAtHand - seenLate[pool]);
    long notDrained = Math.max(0, evidence.whileNotDrained - seenNotDrained[pool]);
    long exhausted = Math.max(0, evidence.whileNotReturned - seenExhausted[pool]);
    seenLate[pool] += late;
    seenNotDrained[pool] += notDrained;
    seenExhausted[pool] += exhausted;
    if (isHandoffFull) {
      // The drain was on time but had no room in the handoff rings.
      exhausted += notDrained;
    } else {
      late += notDrained;
    }
    // First match the same cause: the guess was right in most cases.
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

  /** Guesses a cause from the current state. */
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
      // Refill has not noticed it yet, so the host is late.
      return DropCause.HOST_LATE;
    }
    if (lastCause[pool] != null && lastCauseAge[pool] <= 1) {
      // Counted just after refill's check and just before its buffer was visible.
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

  /** Writes the attributed drops for {@link #resume}. */
  public void save(DataOutput out) throws IOException {
    for (long[] ofPool : byPool) {
      for (long records : ofPool) {
        out.writeLong(records);
      }
    }
  }

  /**
   * Continues where another process stopped; its attributions are kept.
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

  /** Attributes the drops of an earlier process whose causes are lost. */
  public void assume(int pool, BufferKind kind, long records) {
    give(pool, kind, DropCause.UNKNOWN, records);
    lastCause[pool] = null;
  }

  /** Returns the drops of a pool attributed to a cause. Calling thread only. */
  public long count(int pool, DropCause cause) {
    return byPool[pool][cause.ordinal()];
  }

  /** Returns the drops of a kind attributed to a cause. Calling thread only. */
  public long count(BufferKind kind, DropCause cause) {
    return byKind[kind.ordinal()][cause.ordinal()];
  }
}
