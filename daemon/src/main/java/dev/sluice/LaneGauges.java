package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Layout;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferState;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.QueueSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The gauges of the lanes of one or several sessions, as of one scrape: entries of ready and free
 * queues, buffers by state, entries between drain and collectors. Queues and buffers of several
 * sessions are added up; a watermark is the worst of them.
 *
 * <p>One scrape makes one, fills it and reads it, on its own thread. {@link #add} reads counters
 * that the agents write meanwhile and indices in the arena, so the session's lock must keep the run
 * from going away: see {@link Session#withRun}. Indices that make no sense count as 0 entries.
 */
final class LaneGauges {
  private final Map<Integer, long[]> queues = new TreeMap<>();
  private final long[] freeMin = new long[BufferKind.COUNT];
  private final long[] freeCapacity = new long[BufferKind.COUNT];
  private final long[][] states = new long[BufferKind.COUNT][BufferState.ALL.size()];
  private long handoff;
  private long handoffRoom;

  LaneGauges() {
    Arrays.fill(freeMin, Long.MAX_VALUE);
  }

  /** Adds what a run shows now. */
  void add(SessionRun run) {
    RunEngine engine = run.engine();
    ArenaPlan plan = engine.plan();
    Layout layout = plan.layout();
    for (DrainAgent drain : engine.drains()) {
      for (int i = 0; i < drain.queueCount(); i++) {
        long[] gauge = queues.computeIfAbsent(drain.queue(i), queue -> new long[3]);
        gauge[0] += run.books().readyEntries(drain.queue(i));
        gauge[1] += layout.queueEntries() - 1;
        gauge[2] = Math.max(gauge[2], drain.fill().get(i, 0));
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
  }

  List<QueueSnapshot> readyQueues() {
    List<QueueSnapshot> snapshots = new ArrayList<>();
    queues.forEach(
        (queue, gauge) -> snapshots.add(new QueueSnapshot(queue, gauge[0], gauge[1], gauge[2])));
    return snapshots;
  }

  Map<String, DeviceSnapshot.FreeQueueSnapshot> freeQueues() {
    Map<String, DeviceSnapshot.FreeQueueSnapshot> snapshots = new LinkedHashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      snapshots.put(
          kind.label(),
          new DeviceSnapshot.FreeQueueSnapshot(
              freeMin[k] == Long.MAX_VALUE ? 0 : freeMin[k], freeCapacity[k]));
    }
    return snapshots;
  }

  Map<String, Map<String, Long>> buffers() {
    Map<String, Map<String, Long>> byKind = new LinkedHashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      Map<String, Long> byState = new LinkedHashMap<>();
      for (BufferState state : BufferState.ALL) {
        byState.put(state.label(), states[kind.ordinal()][state.ordinal()]);
      }
      byKind.put(kind.label(), byState);
    }
    return byKind;
  }

  long handoffEntries() {
    return handoff;
  }

  long handoffCapacity() {
    return handoffRoom;
  }
}
