package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ReadyQueue;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.device.lane.Shortages;
import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import java.util.function.Consumer;

/**
 * Events of a run since the last report: drops with cause and queue state, and waits of the device.
 * One thread at a time, after the books were counted.
 */
final class RunReports {
  // A ceiling counts as reached from here: its ratio covers a second, a drop only a moment.
  private static final double NEAR = 0.9;

  private final ArenaPlan plan;
  private final RunEngine engine;
  private final DrainAgent[] drains;
  private final RefillAgent refill;
  private final RunBooks books;
  private final long[][] reported; // drops by pool and cause
  private final long[] popsReported; // by pool
  private final long[] popNanosReported;
  private final long[] pushesReported; // by ready queue
  private final long[] pushNanosReported;

  RunReports(ArenaPlan plan, RunEngine engine, RunBooks books) {
    this.plan = plan;
    this.engine = engine;
    this.drains = engine.drains();
    this.refill = engine.refill();
    this.books = books;
    this.reported = new long[plan.poolCount()][DropCause.ALL.size()];
    this.popsReported = new long[plan.poolCount()];
    this.popNanosReported = new long[plan.poolCount()];
    this.pushesReported = new long[plan.readyQueues().size()];
    this.pushNanosReported = new long[plan.readyQueues().size()];
  }

  /** Skips the drops that another process has reported. */
  void resume() {
    for (int pool = 0; pool < reported.length; pool++) {
      for (DropCause cause : RunBooks.DROPS_BY_POOL) {
        reported[pool][cause.ordinal()] = books.dropped(pool, cause);
      }
    }
  }

  /**
   * Reports drops attributed by the last count: one event per pool and cause that changed, with the
   * state of the queues.
   */
  void drops(Headroom headroom, Consumer<DropEvent> listener) {
    for (int pool = 0; pool < reported.length; pool++) {
      for (DropCause cause : RunBooks.DROPS_BY_POOL) {
        long records = books.dropped(pool, cause) - reported[pool][cause.ordinal()];
        if (records > 0) {
          reported[pool][cause.ordinal()] += records;
          listener.accept(describe(pool, cause, records, headroom));
        }
      }
    }
  }

  /** Reports waits of the device since the last call. */
  void stalls(StallListener listener) {
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      long times = refill.stalls().get(pool) - popsReported[pool];
      long nanos = refill.stallNanos().get(pool) - popNanosReported[pool];
      if (times > 0 || nanos > 0) { // the agent updates the two counters separately
        popsReported[pool] += times;
        popNanosReported[pool] += nanos;
        listener.waitedForBuffer(plan.kindOfPool(pool), plan.instanceOfPool(pool), times, nanos);
      }
    }
    for (DrainAgent drain : drains) {
      for (int at = 0; at < drain.queueCount(); at++) {
        int queue = drain.queue(at);
        long times = drain.full().get(at) - pushesReported[queue];
        long nanos = drain.fullNanos().get(at) - pushNanosReported[queue];
        if (times > 0 || nanos > 0) {
          pushesReported[queue] += times;
          pushNanosReported[queue] += nanos;
          listener.waitedForQueue(queue, times, nanos);
        }
      }
    }
  }

  private DropEvent describe(int pool, DropCause cause, long records, Headroom headroom) {
    BufferKind kind = plan.kindOfPool(pool);
    int instance = plan.instanceOfPool(pool);
    long ready = 0;
    for (ReadyQueue queue : plan.readyQueues()) {
      ready += queue.region() == kind.region() ? books.readyEntries(queue.number()) : 0;
    }
    long pauseNanos = 0;
    for (DrainAgent drain : drains) {
      pauseNanos = Math.max(pauseNanos, drain.worstPause().get(0, 0));
    }
    Shortages shortages = refill.shortages();
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
            ready,
            engine.handoffEntries()),
        shortages.latenessNanos(pool),
        pauseNanos);
  }

  /** Returns the ceiling that a cause points to; an exhausted pool may point to any of three. */
  private static Ceiling ceiling(DropCause cause, Headroom headroom) {
    if (cause != DropCause.POOL_EXHAUSTED) {
      return Ceiling.CONTROL_PATH;
    }
    if (headroom.ratio(Ceiling.STORAGE) >= NEAR) {
      return Ceiling.STORAGE;
    }
    return headroom.ratio(Ceiling.BANDWIDTH) >= NEAR ? Ceiling.BANDWIDTH : Ceiling.BUFFER_LIFECYCLE;
  }

  /**
   * Returns the ready queue of the thread that serves a pool; -1 if not yet known from the device.
   */
  private int queue(BufferKind kind, int instance) {
    Geometry geometry = plan.geometry();
    int queues = plan.layout().queueCount();
    if (kind == BufferKind.SCHED_PHASE) {
      return instance;
    }
    if (kind.instances() == BufferKind.Instances.ORCHESTRATORS) {
      return Math.min(queues, geometry.schedThreads() + geometry.orchThreads()) - 1;
    }
    int thread = books.coreToThread(instance);
    return thread >= 0 && thread < queues ? thread : -1;
  }
}
