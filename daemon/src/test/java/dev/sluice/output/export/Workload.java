package dev.sluice.output.export;

import dev.sluice.abi.SchedPhaseKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Simulates a run of a runtime over time: an orchestrator submits tasks; scheduler threads dispatch
 * them to cores, two in flight on each, and see them finish. Covers everything that a trace shows:
 * nested resolves, dummies, allocations, SPMD tasks, predicated skips.
 */
final class Workload {
  private static final int TICK = 10;

  final TraceBuilder builder;
  final List<long[]> edges = new ArrayList<>();
  private final Random random;
  private final boolean isChip;

  Workload(String layout, int cores, int iterations, long seed, int recordsPerFrame) {
    random = new Random(seed);
    isChip = layout.equals(TraceBuilder.CHIP);
    int aic = Math.max(1, cores / 3);
    builder =
        new TraceBuilder(layout, 4, aic, cores - aic, recordsPerFrame)
            .coreToThread(IntStream.range(0, cores).map(core -> core % 2).boxed().toList());
    run(cores, iterations);
  }

  private void run(int cores, int iterations) {
    long now = 1_000_000;
    int submits = 0;
    int[] tokens = new int[cores];
    long[] coreFree = new long[cores];
    List<long[]> ready = new ArrayList<>();
    List<List<long[]>> running = List.of(new ArrayList<>(), new ArrayList<>());
    for (int loop = 0; loop < iterations; loop++) {
      for (int i = random.nextInt(6); i > 0; i--) {
        long id = ((long) random.nextInt(3) << 32) | submits;
        int fate = random.nextInt(10);
        builder.submit(0, submits++, id, now, now + TICK);
        if (fate == 0) {
          dummy(id, now + 2 * TICK, loop);
        } else if (fate != 1) {
          for (int rows = fate == 2 ? 3 : 1; rows > 0; rows--) {
            ready.add(new long[] {id});
          }
          if (id > 5) {
            edges.add(new long[] {lastOf(id), id});
          }
        }
        now += 2 * TICK;
      }
      int thread = loop % 2;
      now += TICK;
      complete(running.get(thread), thread, now, loop);
      now += 60 * TICK;
      long begin = now;
      int dispatched = 0;
      Collections.shuffle(ready, random);
      for (int core = thread; core < cores && !ready.isEmpty(); core += 2) {
        long id = ready.remove(ready.size() - 1)[0];
        now += TICK;
        long start = Math.max(now + 3 * TICK, coreFree[core]);
        long end = start + TICK * (5L + random.nextInt(300));
        coreFree[core] = end + TICK;
        builder.aicore(core, id, tokens[core], start, end, random.nextInt(3) * TICK / 2);
        running.get(thread).add(new long[] {core, tokens[core], now, end});
        tokens[core]++;
        dispatched++;
      }
      now += TICK;
      builder.phase(
          thread, SchedPhaseKind.DISPATCH.ordinal(), begin, now, loop, dispatched, 1, 2, depths());
      now += 5 * TICK;
    }
    for (int thread = 0; thread < 2; thread++) {
      now += 1000 * TICK;
      complete(running.get(thread), thread, now, iterations + thread);
    }
  }

  private long lastOf(long id) {
    return edges.isEmpty() ? id - 1 : edges.get(edges.size() - 1)[1];
  }

  /** Completes the tasks that have ended by now, in order of their ends. */
  private void complete(List<long[]> running, int thread, long begin, int loop) {
    List<long[]> ended = new ArrayList<>();
    running.removeIf(
        task -> {
          if (task[3] < begin) {
            ended.add(task);
            return true;
          }
          return false;
        });
    if (ended.isEmpty()) {
      return;
    }
    long now = begin;
    for (long[] task : ended) {
      now += TICK;
      builder.aicpu((int) task[0], (int) task[1], task[2], now);
    }
    long resolveEnd = now + 2 * TICK;
    builder.phase(
        thread,
        SchedPhaseKind.RESOLVE.ordinal(),
        begin + TICK / 2,
        resolveEnd,
        loop,
        ended.size(),
        0,
        0,
        depths());
    builder.phase(
        thread,
        SchedPhaseKind.COMPLETE.ordinal(),
        begin,
        resolveEnd + TICK,
        loop,
        ended.size(),
        0,
        0,
        depths());
  }

  private void dummy(long id, long begin, int loop) {
    int kind =
        isChip && random.nextBoolean()
            ? SchedPhaseKind.PREDICATED_SKIP.ordinal()
            : SchedPhaseKind.DUMMY_TASK.ordinal();
    int tasks = isChip ? 1 : (int) id;
    builder.phase(
        0,
        kind,
        begin,
        begin + TICK / 2,
        loop,
        tasks,
        isChip ? (int) id : 0,
        isChip ? (int) (id >>> 32) : 0,
        depths());
  }

  private int[] depths() {
    return IntStream.range(0, 6).map(i -> random.nextInt(20)).toArray();
  }

  /** Returns the dependencies of the tasks, with a kernel for each. */
  TaskGraph graph() {
    LongStream.Builder pairs = LongStream.builder();
    LongStream.Builder tasks = LongStream.builder();
    for (long[] edge : edges) {
      pairs.add(edge[0]);
      pairs.add(edge[1]);
      tasks.add(edge[1]);
      tasks.add(edge[1] % 3);
      tasks.add(3);
      tasks.add(-1);
    }
    return new TaskGraph(pairs.build().toArray(), tasks.build().toArray(), 0);
  }
}
