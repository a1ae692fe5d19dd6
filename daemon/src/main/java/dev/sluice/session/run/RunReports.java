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
 * What happened in a run since it was reported last: drops with their cause and the state of the
 * queues, and waits of the device. Called by one thread at a time, after the books were counted.
 */
final class RunReports {
  // From here on a ceiling counts as reached: its figures are of a second, a drop of a moment.
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

  /** Another process has reported the drops that the books know of. */
  void resume() {
    for (int pool = 0; pool < reported.length; pool++) {
      for (DropCause cause : RunBooks.DROPS_BY_POOL) {
        reported[pool][cause.ordinal()] = books.dropped(pool, cause);
      }
    }
  }

  /**
   * Reports the drops that the last count attributed and that were not reported yet: one event for
   * each pool and cause that moved, with the state of the queues.
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

  /** Reports where the device waited since the last call, and for how long. */
  void stalls(StallListener listener) {
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      long times = refill.stalls().get(pool) - popsReported[pool];
      long nanos = refill.stallNanos().get(pool) - popNanosReported[pool];
      if (times > 0 || nanos > 0) { // the agent counts one after the other
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
    if (kind.instances() == BufferKind.Instances.ORCHESTRATORS) {
      return Math.min(queues, geometry.schedThreads() + geometry.orchThreads()) - 1;
    }
    int thread = books.coreToThread(instance);
    return thread >= 0 && thread < queues ? thread : -1;
  }
}
