package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Layout;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferState;
import dev.sluice.device.lane.DrainAgent;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The gauges of the lanes of one or several runs at one moment: entries of ready and free queues,
 * buffers by state, entries between drain and collectors. Of several runs queues and buffers are
 * added up, and a watermark is the worst of them.
 *
 * <p>{@link #add(Run)} reads the arena, so it is for the owner of the run; what it makes is
 * published and never written again. Indices that make no sense count as 0 entries.
 */
public final class RunGauges {
  /** One ready queue, in entries. */
  public record Queue(long entries, long capacity, long highest) {
    private Queue plus(Queue other) {
      return new Queue(
          entries + other.entries, capacity + other.capacity, Math.max(highest, other.highest));
    }
  }

  private final Map<Integer, Queue> queues = new TreeMap<>();
  private final long[] freeMin = new long[BufferKind.COUNT];
  private final long[] freeCapacity = new long[BufferKind.COUNT];
  private final long[][] states = new long[BufferKind.COUNT][BufferState.ALL.size()];
  private long handoff;
  private long handoffRoom;

  public RunGauges() {
    Arrays.fill(freeMin, Long.MAX_VALUE);
  }

  /** Adds what a run shows now; returns this. */
  public RunGauges add(Run run) {
    RunEngine engine = run.engine();
    ArenaPlan plan = engine.plan();
    Layout layout = plan.layout();
    for (DrainAgent drain : engine.drains()) {
      for (int i = 0; i < drain.queueCount(); i++) {
        int queue = drain.queue(i);
        queues.merge(
            queue,
            new Queue(
                run.books().readyEntries(queue), layout.queueEntries() - 1, drain.fill().get(i, 0)),
            Queue::plus);
      }
    }
    int[] counted = new int[BufferState.ALL.size()];
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      int target = Math.min(layout.pool().slotCount(), plan.quota(kind));
      if (plan.instances(kind) > 0) {
        freeCapacity[k] = Math.max(freeCapacity[k], target);
        freeMin[k] = Math.min(freeMin[k], engine.refill().depth().get(k, target));
      }
      engine.ledger().count(plan.firstBuffer(kind), plan.buffers(kind), counted);
      for (int state = 0; state < counted.length; state++) {
        states[k][state] += counted[state];
      }
    }
    handoff += engine.handoffEntries();
    handoffRoom += engine.handoffCapacity();
    return this;
  }

  /** Adds those of another run; returns this. */
  public RunGauges add(RunGauges other) {
    other.queues.forEach((number, queue) -> queues.merge(number, queue, Queue::plus));
    for (int k = 0; k < BufferKind.COUNT; k++) {
      freeMin[k] = Math.min(freeMin[k], other.freeMin[k]);
      freeCapacity[k] = Math.max(freeCapacity[k], other.freeCapacity[k]);
      for (int state = 0; state < states[k].length; state++) {
        states[k][state] += other.states[k][state];
      }
    }
    handoff += other.handoff;
    handoffRoom += other.handoffRoom;
    return this;
  }

  /** By number of the ready queue. */
  public Map<Integer, Queue> readyQueues() {
    return queues;
  }

  /** The emptiest free queue of a kind within the watermark window, in entries. */
  public long freeMin(BufferKind kind) {
    long least = freeMin[kind.ordinal()];
    return least == Long.MAX_VALUE ? 0 : least;
  }

  /** Entries that a free queue of a kind is meant to hold. */
  public long freeCapacity(BufferKind kind) {
    return freeCapacity[kind.ordinal()];
  }

  /** Buffers of a kind in a state. */
  public long buffers(BufferKind kind, BufferState state) {
    return states[kind.ordinal()][state.ordinal()];
  }

  public long handoffEntries() {
    return handoff;
  }

  public long handoffCapacity() {
    return handoffRoom;
  }
}
