package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.ingest.RunEnd;
import dev.sluice.testkit.Allocations;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The smallest valid pools, a ready queue of matching size, and the longest bursts (C1 and C4). */
class SmallestArenaTest {
  private static final int CORES = 24;
  private static final int THREADS = 3;
  private static final int TASKS = 400;

  private static EngineRun engine(Generation generation, String... settings) {
    BufferCounts smallest = new BufferCounts(2, 2, 2, 3);
    int buffers = CORES * (2 + 3) + Layout.of(generation, Platform.A2A3).queueCount() * 2 + 2;
    Layout layout =
        Layout.of(generation, Platform.A2A3, new LayoutOverrides(0, buffers + 1, 8, 8, 8, 8));
    ArenaPlan plan = TestArena.plan(new Geometry(layout, CORES, THREADS, 1, 4), smallest);
    return new EngineRun(new TestArena(plan), TestSettings.with(settings));
  }

  private static void burst(EngineRun engine) {
    for (int i = 0; i < TASKS; i++) {
      for (int core = 0; core < CORES; core++) {
        engine.device.task(core);
      }
      for (int thread = 0; thread < THREADS; thread++) {
        engine.device.phase(thread);
      }
      engine.device.orch();
    }
    engine.device.flush();
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldKeepEveryLaneGoing(Generation generation) {
    EngineRun engine = engine(generation, "sluice.drain.handoff-entries=1");
    engine.device.setTasksInFlight(2);
    engine.device.launch();
    burst(engine);
    engine.runUntilDeviceIsIdle();
    engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);
    engine.checkSettledLaw();
    assertEquals(CORES * TASKS, engine.attempts(BufferKind.AICPU_TASK));
    if (generation == Generation.CHIP_2026_08) {
      assertEquals(
          CORES * TASKS,
          engine.run.count().laws[BufferKind.AICPU_TASK.ordinal()].collected(),
          "a device that blocks loses nothing");
    }
  }

  /** One thread whose cores starve in turn, and a host that polls rarely. */
  @Test
  void shouldNotLetPoolsStarveEachOther() {
    EngineRun engine = engine(Generation.CHIP_2026_08, "sluice.refill.freeze=cycle");
    engine.device.launch();
    burst(engine);
    for (int round = 0; !engine.device.isIdle(); round++) {
      assertTrue(round < 100_000, "the device hangs");
      // One agent at a time, round-robin.
      engine.device.runUntilBlocked();
      engine.agents.get(round % engine.agents.size()).doWork();
      engine.clock.advance(500_000);
    }
    engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);
    engine.checkSettledLaw();
  }

  /** Steady state: drain, refill, collector and the checks of every record, on warm code. */
  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldNotAllocateInSteadyState(Generation generation) {
    // The JVM occasionally charges the thread for linking and recompilation. An agent that
    // allocates does so in each of these identical runs.
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 6; i++) {
      least = Math.min(least, bytesAllocatedByTheAgents(generation));
    }
    assertEquals(0, least);
  }

  private static long bytesAllocatedByTheAgents(Generation generation) {
    EngineRun engine = engine(generation);
    engine.device.launch();
    burst(engine);
    long bytes = 0;
    for (int step = 0; !engine.device.isIdle(); step++) {
      // A few stores of each lane between two host cycles.
      for (int thread = 0; thread < engine.device.threadCount(); thread++) {
        for (int i = 0; i < 20; i++) {
          engine.device.step(thread);
        }
      }
      engine.clock.advance(5_000);
      bytes += Allocations.bytesOf(engine::cycleWithoutIterator);
      assertTrue(step < 1_000_000, "the device hangs");
    }
    assertTrue(engine.run.count().law().collected() > 1_000, "records collected");
    return bytes;
  }
}
