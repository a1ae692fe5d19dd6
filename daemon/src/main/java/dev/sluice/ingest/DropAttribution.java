package dev.sluice.ingest;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;

/**
 * Gives each device-side drop the cause that the host saw when the device's counter moved. The
 * device has one counter per pool and no reason, so this is inference, and documented as such.
 *
 * <p>Called by one thread at short intervals; the evidence of an interval explains the drops of
 * that interval, and, since a drop can be counted just before the host looks, that of the one
 * before.
 */
public final class DropAttribution {
  private final long[] dropped;
  private final long[] hostLate;
  private final long[] exhausted;
  private final long[] exhaustedRecords;
  private final boolean[] wasLate;
  private final boolean[] wasExhausted;
  private long readyFull;
  private boolean wasReadyFull;
  private boolean isReadyFull;
  private final long[][] byCause = new long[BufferKind.COUNT][DropCause.ALL.size()];

  public DropAttribution(int pools) {
    dropped = new long[pools];
    hostLate = new long[pools];
    exhausted = new long[pools];
    exhaustedRecords = new long[pools];
    wasLate = new boolean[pools];
    wasExhausted = new boolean[pools];
  }

  /**
   * Begins an interval.
   *
   * @param readyFullCount times so far that a ready queue was found full
   */
  public void begin(long readyFullCount) {
    wasReadyFull = isReadyFull;
    isReadyFull = readyFullCount != readyFull;
    readyFull = readyFullCount;
  }

  /**
   * Looks at one pool.
   *
   * @param droppedCount the device's counter, extended
   * @param hostLateCount times its free queue was empty with spare buffers at hand
   * @param exhaustedCount times its free queue was empty with none
   */
  public void pool(
      int pool, BufferKind kind, long droppedCount, long hostLateCount, long exhaustedCount) {
    boolean isLate = hostLateCount != hostLate[pool];
    boolean isExhausted = exhaustedCount != exhausted[pool];
    long delta = droppedCount - dropped[pool];
    if (delta > 0) {
      DropCause cause = DropCause.UNKNOWN;
      if (isExhausted || (wasExhausted[pool] && !isLate)) {
        cause = DropCause.POOL_EXHAUSTED;
      } else if (isLate || wasLate[pool]) {
        cause = DropCause.HOST_LATE;
      } else if (isReadyFull || wasReadyFull) {
        cause = DropCause.READY_QUEUE_FULL;
      }
      byCause[kind.ordinal()][cause.ordinal()] += delta;
      if (cause == DropCause.POOL_EXHAUSTED) {
        exhaustedRecords[pool] += delta;
      }
    }
    dropped[pool] = droppedCount;
    hostLate[pool] = hostLateCount;
    exhausted[pool] = exhaustedCount;
    wasLate[pool] = isLate;
    wasExhausted[pool] = isExhausted;
  }

  /** Drops of a pool given to {@link DropCause#POOL_EXHAUSTED} so far. The calling thread's. */
  public long exhausted(int pool) {
    return exhaustedRecords[pool];
  }

  /** Drops of a kind given to a cause so far. The calling thread's. */
  public long count(BufferKind kind, DropCause cause) {
    return byCause[kind.ordinal()][cause.ordinal()];
  }
}
