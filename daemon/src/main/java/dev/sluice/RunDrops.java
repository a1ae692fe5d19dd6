package dev.sluice;

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
 * with the state of the queues. Under the run's lock; the one event is filled anew for each.
 */
final class RunDrops {
  /** Causes that are known by pool; the others come out of the law of a kind. */
  static final List<DropCause> BY_POOL =
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
  private final DropEvent event = new DropEvent();

  RunDrops(
      ArenaPlan plan,
      DeviceMemory memory,
      RunBooks books,
      DrainAgent[] drains,
      Shortages shortages) {
    this.plan = plan;
    this.memory = memory;
    this.books = books;
    this.drains = drains;
    this.shortages = shortages;
    this.told = new long[plan.poolCount()][DropCause.ALL.size()];
  }

  /**
   * Tells of all drops that the last count attributed and that were not told of.
   *
   * @param listener must not keep the event; session and device are its to fill in
   */
  void tell(Headroom headroom, long handoffEntries, Consumer<DropEvent> listener) {
    for (int pool = 0; pool < told.length; pool++) {
      for (DropCause cause : BY_POOL) {
        long records = books.dropped(pool, cause) - told[pool][cause.ordinal()];
        if (records > 0) {
          told[pool][cause.ordinal()] += records;
          describe(pool, cause, records, headroom, handoffEntries);
          listener.accept(event);
        }
      }
    }
  }

  private void describe(
      int pool, DropCause cause, long records, Headroom headroom, long handoffEntries) {
    event.timeMillis = System.currentTimeMillis();
    event.kind = plan.kindOfPool(pool);
    event.instance = plan.instanceOfPool(pool);
    event.queue = queue(event.kind, event.instance);
    event.cause = cause;
    event.ceiling = ceiling(cause, headroom);
    event.records = records;
    event.freeEntries = Math.max(0, books.freeEntries(pool));
    event.spareBuffers = shortages.spare(pool);
    event.undrainedBuffers = shortages.notDrained(pool);
    event.collectingBuffers = shortages.notReturned(pool);
    event.readyEntries = 0;
    for (int queue = 0; queue < plan.layout().queueCount(); queue++) {
      event.readyEntries += books.readyEntries(queue);
    }
    event.handoffEntries = handoffEntries;
    event.latenessNanos = shortages.latenessNanos(pool);
    event.pauseNanos = 0;
    for (DrainAgent drain : drains) {
      event.pauseNanos = Math.max(event.pauseNanos, drain.worstPause().get(0, 0));
    }
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
