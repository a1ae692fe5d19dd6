package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.Shortages;
import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import java.util.List;
import java.util.function.Consumer;

/**
 * Turns what the books of one run attribute into events, one for each pool and cause that moved,
 * with the state of the queues. Of the run's owner.
 */
public final class RunDrops {
  /** Causes that are known by pool; the others come out of the law of a kind. */
  public static final List<DropCause> BY_POOL =
      List.of(
          DropCause.HOST_LATE,
          DropCause.POOL_EXHAUSTED,
          DropCause.READY_QUEUE_FULL,
          DropCause.UNKNOWN);

  /** From here on a ceiling counts as reached: its figures are of a second, a drop of a moment. */
  private static final double NEAR = 0.9;

  private final ArenaPlan plan;
  private final DeviceMemory memory;
  private final RunBooks books;
  private final DrainAgent[] drains;
  private final Shortages shortages;
  private final long[][] told;

  RunDrops(RunSetup setup, RunBooks books, RunEngine engine) {
    this.plan = setup.plan();
    this.memory = setup.memory();
    this.books = books;
    this.drains = engine.drains();
    this.shortages = engine.refill().shortages();
    this.told = new long[plan.poolCount()][DropCause.ALL.size()];
  }

  /**
   * Tells of all drops that the last count attributed and that were not told of.
   *
   * @param listener gets one event for each pool and cause
   */
  void tell(Headroom headroom, long handoffEntries, Consumer<DropEvent> listener) {
    for (int pool = 0; pool < told.length; pool++) {
      for (DropCause cause : BY_POOL) {
        long records = books.dropped(pool, cause) - told[pool][cause.ordinal()];
        if (records > 0) {
          told[pool][cause.ordinal()] += records;
          listener.accept(describe(pool, cause, records, headroom, handoffEntries));
        }
      }
    }
  }

  private DropEvent describe(
      int pool, DropCause cause, long records, Headroom headroom, long handoffEntries) {
    BufferKind kind = plan.kindOfPool(pool);
    int instance = plan.instanceOfPool(pool);
    long readyEntries = 0;
    for (int queue = 0; queue < plan.layout().queueCount(); queue++) {
      readyEntries += books.readyEntries(queue);
    }
    long pauseNanos = 0;
    for (DrainAgent drain : drains) {
      pauseNanos = Math.max(pauseNanos, drain.worstPause().get(0, 0));
    }
    return new DropEvent(
        System.currentTimeMillis(),
        kind,
        instance,
        queue(kind, instance),
        cause,
        ceiling(cause, headroom),
        records,
        new DropEvent.Queues(
            Math.max(0, books.freeEntries(pool)),
            shortages.spare(pool),
            shortages.notDrained(pool),
            shortages.notReturned(pool),
            readyEntries,
            handoffEntries),
        shortages.latenessNanos(pool),
        pauseNanos);
  }

  /** Which ceiling a cause points to; an exhausted pool may be any of three. */
  private static Ceiling ceiling(DropCause cause, Headroom headroom) {
    if (cause != DropCause.POOL_EXHAUSTED) {
      return Ceiling.CONTROL_PATH;
    }
    if (headroom.ratio(Ceiling.STORAGE) >= NEAR) {
      return Ceiling.STORAGE;
    }
    return headroom.ratio(Ceiling.BANDWIDTH) >= NEAR ? Ceiling.BANDWIDTH : Ceiling.BUFFER_LIFECYCLE;
  }

  /** The ready queue of the thread that serves a pool; -1 if the device has not said which. */
  private int queue(BufferKind kind, int instance) {
    Geometry geometry = plan.geometry();
    int queues = plan.layout().queueCount();
    if (kind == BufferKind.SCHED_PHASE) {
      return instance;
    }
    if (kind == BufferKind.ORCH_PHASE) {
      return Math.min(queues, geometry.schedThreads() + geometry.orchThreads()) - 1;
    }
    int thread = coreToThread(plan, memory, instance);
    return thread >= 0 && thread < queues ? thread : -1;
  }

  /** Which AICPU thread serves a core, as the device wrote it; -1 for none. */
  static int coreToThread(ArenaPlan plan, DeviceMemory memory, int core) {
    // One byte of a word; -1 until the device writes its map, at the end of the orchestration.
    int at = plan.layout().coreToThreadOffset() + core;
    int word = memory.loadIntAcquire(at & -Integer.BYTES);
    return (byte) (word >>> ((at & 3) * Byte.SIZE));
  }
}
