package dev.sluice.device.lane;

import dev.sluice.counters.CounterArray;
import dev.sluice.device.ControlWords;

/**
 * Refill's observations of each pool while its free queue was empty: the evidence from which drops
 * get their cause. Written by one refill agent; any thread may read single values.
 *
 * <p>Each check of an empty free queue also reads how much the device has dropped. Drops since the
 * previous check get the shortage found then, if the queue was already empty: only refill can
 * change that. Otherwise they get the shortage found now. Drops are thus attributed at the
 * granularity of a sweep; within one janitor interval, a host can be late and a disk slow.
 */
public final class Shortages {
  private static final int SORTS = Shortage.ALL.size();
  private static final int NONE = -1;

  // Evidence per pool.
  private static final int SORT = 0;
  private static final int LOOK_NS = 1;
  private static final int SPARE = 2;
  private static final int NOT_DRAINED = 3;
  private static final int NOT_RETURNED = 4;
  private static final int LATENESS_NS = 5;
  private static final int EVIDENCE = 6;

  private final CounterArray dropped;
  private final CounterArray episodes;
  private final CounterArray evidence;

  Shortages(int pools) {
    dropped = new CounterArray(pools * SORTS);
    episodes = new CounterArray(pools * SORTS);
    evidence = new CounterArray(pools * EVIDENCE);
    for (int pool = 0; pool < pools; pool++) {
      evidence.set(pool * EVIDENCE + SORT, NONE);
    }
  }

  /** Notes that the free queue of this lane is empty. Refill only. */
  void look(FreeLane lane, int spare, int heldByDevice, ControlWords from, long nowNs) {
    int notReturned = Math.max(0, lane.hinted - lane.returned);
    int notDrained = Math.max(0, lane.popped() - lane.hinted - heldByDevice);
    Shortage found = Shortage.NOT_RETURNED;
    if (spare > 0) {
      found = Shortage.SPARE_AT_HAND;
    } else if (notDrained > 0 && notDrained >= notReturned) {
      found = Shortage.NOT_DRAINED;
    }
    int pool = lane.pool();
    boolean isNew = lane.shortage == null;
    int more = lane.droppedSinceLastAsked(from);
    if (more > 0) {
      Shortage blamed = isNew ? found : lane.shortage;
      dropped.add(pool * SORTS + blamed.ordinal(), more);
    }
    if (isNew) {
      episodes.increment(pool * SORTS + found.ordinal());
    }
    lane.shortage = found;
    int at = pool * EVIDENCE;
    evidence.set(at + SORT, found.ordinal());
    evidence.set(at + LOOK_NS, nowNs);
    evidence.set(at + SPARE, spare);
    evidence.set(at + NOT_DRAINED, notDrained);
    evidence.set(at + NOT_RETURNED, notReturned);
    evidence.set(at + LATENESS_NS, lane.owed > 0 ? nowNs - lane.owedSinceNs : 0);
  }

  /** Notes that the free queue of this lane holds a buffer again. Refill only. */
  void end(FreeLane lane) {
    if (lane.shortage != null) {
      lane.shortage = null;
      evidence.set(lane.pool() * EVIDENCE + SORT, NONE);
    }
  }

  /** Returns the records that the device dropped during this shortage, as of the last check. */
  public long dropped(int pool, Shortage found) {
    return dropped.get(pool * SORTS + found.ordinal());
  }

  /** Returns how often a free queue ran empty with this shortage found first. */
  public long episodes(int pool, Shortage found) {
    return episodes.get(pool * SORTS + found.ordinal());
  }

  /** Returns the shortage found last, or null if the free queue holds a buffer again. */
  public Shortage present(int pool) {
    int sort = (int) evidence.get(pool * EVIDENCE + SORT);
    return sort == NONE ? null : Shortage.ALL.get(sort);
  }

  /** Returns when refill last found the free queue empty; 0 if never. */
  public long lookNs(int pool) {
    return evidence.get(pool * EVIDENCE + LOOK_NS);
  }

  /** Returns the spare buffers at that check. */
  public long spare(int pool) {
    return evidence.get(pool * EVIDENCE + SPARE);
  }

  /** Returns the buffers waiting in a ready queue at that check. */
  public long notDrained(int pool) {
    return evidence.get(pool * EVIDENCE + NOT_DRAINED);
  }

  /** Returns the buffers with collectors at that check. */
  public long notReturned(int pool) {
    return evidence.get(pool * EVIDENCE + NOT_RETURNED);
  }

  /** Returns how long a published buffer had waited for its replacement at that check. */
  public long latenessNanos(int pool) {
    return evidence.get(pool * EVIDENCE + LATENESS_NS);
  }
}
