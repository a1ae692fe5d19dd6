package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Platform;
import dev.sluice.abi.Region;
import dev.sluice.device.lane.Shortage;
import dev.sluice.device.lane.Shortages;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.RunEnd;
import dev.sluice.testkit.Allocations;
import dev.sluice.testkit.DevicePool;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several profilers of one device in one arena, each with its own queues and pools. */
class RegionsTest {
  private static final int CORES = 6;
  private static final int RECORDS = 512; // per buffer, PMU or scope stats
  private static final long PATIENCE_NANOS = 30_000_000_001L;

  private static EngineRun launched(Platform platform, String... settings) {
    EngineRun engine =
        new EngineRun(TestArena.withAllRegions(platform, CORES, 2), TestSettings.with(settings));
    engine.device.launch();
    return engine;
  }

  /** Queues one task on each core with all its records. */
  private static void round(EngineRun engine) {
    for (int core = 0; core < CORES; core++) {
      engine.device.task(core);
      engine.device.pmu(core);
      engine.device.orch();
      engine.device.scope();
    }
    engine.device.phase(0);
    engine.device.phase(1);
  }

  @ParameterizedTest
  @EnumSource(Platform.class)
  void shouldCollectAllRecordsOfAllRegions(Platform platform) {
    EngineRun engine = launched(platform);
    for (int i = 0; i < 4 * RECORDS; i++) {
      round(engine);
      engine.device.runUntilBlocked();
      engine.cycle();
      engine.clock.advance(5_000);
    }
    engine.checkConservation();
    engine.device.flush();
    engine.runUntilDeviceIsIdle();
    engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);

    engine.checkSettledLaw();
    RunTotals totals = engine.run.count();
    assertEquals(4 * RECORDS * CORES, totals.laws[BufferKind.PMU.ordinal()].collected());
    assertEquals(4 * RECORDS * CORES, totals.laws[BufferKind.SCOPE_STATS.ordinal()].collected());
    for (AbiViolation violation : AbiViolation.ALL) {
      assertEquals(0, totals.violations[violation.ordinal()], violation.label());
    }
  }

  @Test
  void shouldRefillAPoolOfAnyRegionThatHasStarved() {
    EngineRun engine = launched(Platform.A2A3);
    int quota = engine.plan.quota(BufferKind.PMU);
    for (int i = 0; i < (quota + 2) * RECORDS; i++) {
      engine.device.pmu(0);
    }
    engine.device.runUntilBlocked(); // no host: until no buffer is free
    DevicePool pool = engine.device.pool(BufferKind.PMU, 0);
    assertEquals(pool.freeTail(), pool.freeHead());

    engine.runUntilDeviceIsIdle();

    assertEquals((quota + 2L) * RECORDS, engine.attempts(BufferKind.PMU));
    assertEquals(0, engine.dropped(BufferKind.PMU));
    engine.checkConservation();
    engine.checkRunningLaw();
  }

  @Test
  void shouldCountWhatADeviceDropsWhoseHostWasTooLate() {
    EngineRun engine = launched(Platform.A2A3);
    int quota = engine.plan.quota(BufferKind.SCOPE_STATS);
    int more = 7;
    for (int i = 0; i < quota * RECORDS + more; i++) {
      engine.device.scope();
    }
    for (int i = 0; i < more; i++) {
      engine.device.runUntilBlocked();
      engine.clock.advance(PATIENCE_NANOS);
      engine.run.engine().refill().doWork();
    }
    engine.device.runUntilBlocked();
    engine.clock.advance(10_000_000);
    engine.run.engine().refill().doWork();
    Shortages seen = engine.run.engine().refill().shortages();
    int pool = engine.plan.pool(BufferKind.SCOPE_STATS, 0);
    long bySort = 0;
    for (Shortage sort : Shortage.ALL) {
      bySort += seen.dropped(pool, sort);
    }
    assertEquals(more, bySort, "as refill has seen them");
    engine.device.flush();
    engine.runUntilDeviceIsIdle();
    engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);

    assertEquals(more, engine.dropped(BufferKind.SCOPE_STATS));
    engine.checkSettledLaw();
    RunTotals totals = engine.run.count();
    long[] byCause = totals.drops[BufferKind.SCOPE_STATS.ordinal()];
    assertEquals(more, byCause[DropCause.HOST_LATE.ordinal()]);
  }

  @Test
  void shouldSalvageWhatADeadProducerHadWritten() {
    EngineRun engine = launched(Platform.A5);
    for (int i = 0; i < RECORDS + 100; i++) {
      round(engine);
    }
    engine.runUntilDeviceIsIdle();

    engine.run.settle(RunEnd.DIED, Run.Settling.AT_ONCE);

    for (BufferKind kind : new BufferKind[] {BufferKind.PMU, BufferKind.SCOPE_STATS}) {
      AccountingLaw law = engine.run.count().laws[kind.ordinal()];
      assertEquals(0, law.unaccounted(), () -> kind + ": " + law);
      assertTrue(law.salvaged() > 0, () -> kind + ": " + law);
      assertTrue(law.died() <= (long) kind.begunRecords() * CORES, () -> kind + ": " + law);
      assertEquals(
          engine.attempts(kind),
          law.collected() + law.salvaged() + law.died(),
          () -> kind + ": " + law);
    }
  }

  /** Hosts take over repeatedly: each buffer is collected once. */
  @Test
  void shouldLoseNothingWhenTheHostDies() {
    Random random = new Random(11);
    EngineRun engine = launched(Platform.A5);
    for (int life = 0; life < 40; life++) {
      for (int i = 0; i < 2_000; i++) {
        if (random.nextInt(3) == 0) {
          engine.device.pmu(random.nextInt(CORES));
          engine.device.scope();
        }
        engine.device.step(random.nextInt(engine.device.threadCount()));
        engine.agents.get(random.nextInt(engine.agents.size())).doWork();
        engine.clock.advance(1_000);
      }
      engine.die(random.nextInt(200), random);
      engine.resume();
      engine.checkConservation();
    }
    engine.device.flush();
    engine.runUntilDeviceIsIdle();
    engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);
    RunTotals totals = engine.checkRecords();
    assertTrue(totals.laws[BufferKind.PMU.ordinal()].collected() > 20 * RECORDS);
    for (AbiViolation violation : AbiViolation.ALL) {
      assertEquals(0, totals.violations[violation.ordinal()], violation.label());
    }
  }

  /** Stores of device and host in any order: each buffer is in one place. */
  @Test
  void shouldKeepEachBufferInOnePlace() {
    Random random = new Random(7);
    EngineRun engine =
        launched(Platform.A2A3, "sluice.drain.groups=2", "sluice.collector.shards=2");
    for (int i = 0; i < 30_000; i++) {
      if (random.nextInt(8) == 0) {
        engine.device.pmu(random.nextInt(CORES));
        engine.device.scope();
        engine.device.task(random.nextInt(CORES));
      }
      engine.device.step(random.nextInt(engine.device.threadCount()));
      engine.agents.get(random.nextInt(engine.agents.size())).doWork();
      engine.clock.advance(1_000);
      if (i % 1_000 == 0) {
        engine.checkConservation();
        engine.checkRunningLaw();
      }
    }
  }

  /** A buffer of another run is counted and named, but not mixed in. */
  @Test
  void shouldRefuseABufferOfAnotherRun() {
    EngineRun engine = launched(Platform.A2A3);
    for (int i = 0; i < 10; i++) {
      round(engine); // until swimlane buffers are published and the run is known
    }
    engine.runUntilDeviceIsIdle();
    DevicePool pool = engine.device.pool(BufferKind.PMU, 2);
    for (int i = 0; i < RECORDS - 10; i++) {
      engine.device.pmu(2);
    }
    int buffer = (int) (pool.pointer() - TestArena.DEVICE_BASE);
    int epoch = engine.plan.layout().buffer(BufferKind.PMU).runEpochOffset();
    engine.device.then(0, () -> engine.arena.memory().storeLong(buffer + epoch, 4711));
    engine.device.pmu(2);
    engine.runUntilDeviceIsIdle();
    engine.cycle();
    RunTotals totals = engine.run.count();
    assertEquals(1, totals.violations[AbiViolation.WRONG_RUN.ordinal()]);
  }

  @Test
  void shouldShowTheQueuesOfEachRegion() {
    EngineRun engine = launched(Platform.A2A3);
    for (int i = 0; i < RECORDS + 1; i++) {
      engine.device.pmu(1);
    }
    engine.device.runUntilBlocked();
    RunTotals totals = engine.run.count();
    int queue = engine.plan.readyQueueOf(Region.PMU) + engine.device.threadOfCore(1);
    assertEquals(3 * engine.plan.layout().queueCount(), totals.readyQueues.size());
    assertEquals(1, totals.readyQueues.get(queue).entries());
    assertEquals(143, totals.readyQueues.get(queue).capacity());
  }

  @Test
  void shouldAllocateNothing() {
    EngineRun engine = launched(Platform.A2A3);
    for (int i = 0; i < 2 * RECORDS; i++) {
      round(engine);
      engine.device.runUntilBlocked();
      engine.cycle();
      engine.clock.advance(5_000);
    }
    for (int i = 0; i < RECORDS + 1; i++) {
      engine.device.pmu(0);
      engine.device.scope();
    }
    engine.device.runUntilBlocked();
    long bytes =
        Allocations.leastBytesOf(
            () -> {
              for (int i = 0; i < 100; i++) {
                engine.cycleWithoutIterator();
              }
            });
    assertEquals(0, bytes);
  }
}
