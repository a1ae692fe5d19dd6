package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.RunEnd;
import dev.sluice.testkit.DevicePool;
import dev.sluice.testkit.Seeds;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The whole engine against a scripted device, with layout, level, sizes, bursts and schedule all
 * random. Single stores of the device interleave with any two cycles of the host, which covers
 * every order that hardware can show at that granularity.
 */
@Tag("seeds")
class EnginePropertyTest {
  private static final int RUNS = 250;
  private static final int STEPS = 2_500;

  /** Coverage over all seeds, so that a test that reaches nothing cannot pass. */
  private static final class Coverage {
    private long collected;
    private long dropped;
    private long inferred;
    private long salvaged;
    private long died;
    private long recycled;

    void add(RunTotals totals) {
      AccountingLaw law = totals.law();
      collected += law.collected();
      dropped += law.dropped();
      inferred += law.inferred();
      salvaged += law.salvaged();
      died += law.died();
      recycled += law.recycled();
    }
  }

  @Test
  void shouldKeepBuffersAndBooksInAnyOrderOfSteps() {
    Coverage coverage = new Coverage();
    Seeds.forEach(
        RUNS,
        random -> {
          EngineRun engine = randomEngine(random);
          engine.device.launch();
          stepAtRandom(engine, random, random.nextInt(STEPS), true);
          finish(engine);
          engine.checkSettledLaw();
          assertEquals(0, violations(engine), "violations of a device that behaves");
          coverage.add(engine.run.count());
        });
    if (Seeds.areAll()) {
      assertTrue(coverage.collected > 1_000, "records collected");
      assertTrue(coverage.dropped > 100, "records dropped");
      assertTrue(coverage.inferred > 100, "records lost at failed rotations");
    }
  }

  @Test
  void shouldExplainTheDifferenceWhenTheProducerDiesAtAnyStep() {
    Coverage coverage = new Coverage();
    Seeds.forEach(
        RUNS,
        random -> {
          EngineRun engine = randomEngine(random);
          engine.device.launch();
          stepAtRandom(engine, random, random.nextInt(STEPS), true);
          Map<BufferKind, Long> recoverable = new HashMap<>();
          for (BufferKind kind : BufferKind.ALL) {
            // Dropped records whose buffer is not yet cleared count as dropped only.
            recoverable.put(
                kind,
                engine.publishedRecords(kind)
                    + engine.heldRecords(kind)
                    - engine.countedTwice(kind));
          }
          engine.run.settle(RunEnd.DIED, Run.Settling.AT_ONCE);
          RunTotals totals = engine.run.count();
          for (BufferKind kind : BufferKind.ALL) {
            AccountingLaw law = totals.laws[kind.ordinal()];
            String what = kind.label() + ": " + law;
            long pools = engine.plan.instances(kind);
            long torn = kind.isPerCore() ? 0 : pools;
            long delivered = law.collected() + law.salvaged();
            assertTrue(delivered <= recoverable.get(kind), what);
            assertTrue(delivered >= recoverable.get(kind) - torn, what);
            assertEquals(0, law.unaccounted(), what);
            assertTrue(law.died() <= 2 * pools, what);
          }
          assertEquals(0, totals.syntheticMismatched, "records with wrong content");
          coverage.add(totals);
        });
    if (Seeds.areAll()) {
      assertTrue(coverage.salvaged > 100, "records salvaged");
      assertTrue(coverage.died > 10, "records begun and not committed");
    }
  }

  /**
   * The host dies in the middle of any operation, the device continues for a while, and another
   * host, possibly of another version, takes over; several times.
   */
  @Test
  void shouldCollectEachBufferOnceWhenHostsDieAtAnyAccess() {
    Coverage coverage = new Coverage();
    Seeds.forEach(
        RUNS,
        random -> {
          EngineRun engine = randomEngine(random, false);
          engine.device.launch();
          for (int life = 1 + random.nextInt(5); life > 0; life--) {
            stepAtRandom(engine, random, random.nextInt(STEPS / 4), false);
            if (random.nextBoolean()) {
              engine.save();
              stepAtRandom(engine, random, random.nextInt(100), false);
            }
            engine.die(random.nextInt(200), random);
            for (int step = random.nextInt(500); step > 0; step--) {
              engine.device.step(random.nextInt(engine.device.threadCount()));
            }
            while (engine.device.hasTornEntry()) {
              engine.clock.advance(10_000);
              engine.device.step(random.nextInt(engine.device.threadCount()));
            }
            if (random.nextInt(3) == 0) {
              engine.resumeWithoutBooks();
            } else {
              engine.resume();
            }
          }
          stepAtRandom(engine, random, random.nextInt(STEPS / 4), true);
          finish(engine);
          engine.checkRecords();
          assertEquals(0, violations(engine), "violations of a device that behaves");
          coverage.add(engine.run.count());
        });
    if (Seeds.areAll()) {
      assertTrue(coverage.collected > 1_000, "records collected");
      assertTrue(coverage.dropped > 100, "records dropped");
    }
  }

  /** Same, while a guard recycles buffers unread and the client reports them late. */
  @Test
  void shouldCountWhatAGuardRecycledBetweenTwoHosts() {
    Coverage coverage = new Coverage();
    Seeds.forEach(
        RUNS,
        random -> {
          EngineRun engine = randomEngine(random, false);
          engine.device.launch();
          for (int life = 1 + random.nextInt(3); life > 0; life--) {
            stepAtRandom(engine, random, random.nextInt(STEPS / 4), false);
            engine.save();
            engine.die(random.nextInt(200), random);
            while (engine.device.hasTornEntry()) {
              engine.clock.advance(10_000);
              engine.device.step(random.nextInt(engine.device.threadCount()));
            }
            for (int step = random.nextInt(500); step > 0; step--) {
              if (!engine.device.hasTornEntry() && random.nextInt(8) == 0) {
                engine.recycle(random.nextInt(4));
                for (int i = random.nextInt(30); i >= 0; i--) {
                  engine.rescue(random);
                }
              }
              offerWork(engine, random);
              engine.device.step(random.nextInt(engine.device.threadCount()));
              engine.clock.advance(random.nextInt(500));
            }
            while (engine.device.hasTornEntry()) {
              engine.clock.advance(10_000);
              engine.device.step(random.nextInt(engine.device.threadCount()));
            }
            engine.resume();
            stepAtRandom(engine, random, random.nextInt(20), false);
            engine.run.recycled(engine.recycled, true);
            engine.checkRunningLaw();
          }
          stepAtRandom(engine, random, random.nextInt(STEPS / 4), true);
          finish(engine);
          engine.checkRecords();
          for (AbiViolation violation : AbiViolation.ALL) {
            assertEquals(
                0,
                engine.run.count().violations[violation.ordinal()],
                violation.label() + ", " + engine.run.evidence(violation));
          }
          coverage.add(engine.run.count());
        });
    if (Seeds.areAll()) {
      assertTrue(coverage.collected > 1_000, "records collected");
      assertTrue(coverage.recycled > 1_000, "records recycled");
      assertTrue(coverage.inferred > 100, "records lost at failed rotations");
    }
  }

  @Test
  void shouldCountForgedEntriesAndLoseNothingByThem() {
    Seeds.forEach(
        RUNS,
        random -> {
          EngineRun engine = randomEngine(random);
          engine.device.launch();
          long[] forged = new long[AbiViolation.ALL.size()];
          for (int i = 0; i < 12; i++) {
            stepAtRandom(engine, random, random.nextInt(STEPS / 12), false);
            forge(engine, random, forged);
          }
          finish(engine);
          engine.checkSettledLaw();
          for (AbiViolation violation : AbiViolation.ALL) {
            assertEquals(
                forged[violation.ordinal()],
                engine.run.count().violations[violation.ordinal()],
                violation.label() + ", " + engine.run.evidence(violation));
          }
        });
  }

  private static EngineRun randomEngine(Random random) {
    return randomEngine(random, true);
  }

  /**
   * @param mayWrap tokens may wrap, which requires that the content check sees the first one
   */
  private static EngineRun randomEngine(Random random, boolean mayWrap) {
    Generation[] generations = Generation.values();
    Generation generation = generations[random.nextInt(generations.length)];
    Platform platform = random.nextInt(4) == 0 ? Platform.A5 : Platform.A2A3;
    int level = 1 + random.nextInt(4);
    int cores = 1 + random.nextInt(6);
    int threads = 1 + random.nextInt(Layout.of(generation, platform).queueCount() - 1);
    BufferCounts counts =
        new BufferCounts(
            2 + random.nextInt(5),
            2 + random.nextInt(4),
            2 + random.nextInt(4),
            3 + random.nextInt(4));
    int buffers =
        cores * (counts.aicpuTask() + counts.aicoreTask())
            + Layout.of(generation, platform).queueCount() * counts.schedPhase()
            + counts.orchPhase();
    LayoutOverrides overrides =
        new LayoutOverrides(
            1 << random.nextInt(4),
            // At or near the limit of C4; queues wrap often either way.
            buffers + 1 + random.nextInt(8),
            1 + random.nextInt(12),
            1 + random.nextInt(12),
            1 + random.nextInt(12),
            1 << random.nextInt(4));
    Layout layout = Layout.of(generation, platform, overrides);
    ArenaPlan plan = TestArena.plan(new Geometry(layout, cores, threads, 1, level), counts);
    EngineRun engine =
        new EngineRun(
            new TestArena(plan),
            TestSettings.with(
                "sluice.drain.groups=" + (1 + random.nextInt(2)),
                "sluice.drain.batch-entries=" + (1 + random.nextInt(8)),
                "sluice.drain.handoff-entries="
                    + (random.nextBoolean() ? 0 : 1 + random.nextInt(4)),
                "sluice.collector.shards=" + (1 + random.nextInt(2)),
                "sluice.refill.freeze=" + (random.nextInt(4) == 0 ? "cycle" : "never")));
    engine.device.setTasksInFlight(1 + random.nextInt(2));
    if (random.nextInt(3) == 0) {
      engine.device.tearEntries(random);
    }
    if (mayWrap && generation == Generation.CHIP_2026_08 && random.nextInt(4) == 0) {
      // Only where nothing is lost: the content check needs the first token as a reference.
      engine.device.setFirstDispatch(0, (1L << 32) - 1 - random.nextInt(64));
    }
    return engine;
  }

  /** Interleaves device and host at random; the host sometimes pauses for long. */
  private static void stepAtRandom(EngineRun engine, Random random, int steps, boolean checksLaw) {
    int agentWeight = 1 + random.nextInt(4);
    int pauseLeft = 0;
    for (int i = 0; i < steps; i++) {
      offerWork(engine, random);
      if (pauseLeft > 0) {
        pauseLeft--;
      } else if (random.nextInt(300) == 0) {
        pauseLeft = random.nextInt(400);
      } else if (random.nextInt(5) < agentWeight) {
        engine.agents.get(random.nextInt(engine.agents.size())).doWork();
      }
      int thread = random.nextInt(engine.device.threadCount());
      for (int burst = random.nextInt(6); burst > 0 && engine.device.step(thread); burst--) {
        engine.checkConservation();
      }
      engine.checkConservation();
      // A torn entry becomes whole within nanoseconds; everything else may take longer.
      int pace = random.nextInt(8) == 0 ? 60_000 : 500;
      engine.clock.advance(random.nextInt(engine.device.hasTornEntry() ? 50 : pace));
      if (checksLaw && random.nextInt(64) == 0) {
        engine.checkRunningLaw();
      }
    }
  }

  private static void offerWork(EngineRun engine, Random random) {
    int core = random.nextInt(engine.plan.geometry().numCores());
    if (engine.device.isIdle(engine.device.threadOfCore(core))) {
      for (int i = random.nextInt(6); i > 0; i--) {
        engine.device.task(core);
      }
    }
    int thread = random.nextInt(engine.plan.geometry().schedThreads());
    if (random.nextInt(3) == 0 && engine.device.isIdle(thread)) {
      engine.device.phase(thread);
    }
    if (random.nextInt(6) == 0 && engine.device.isIdle(engine.device.threadCount() - 1)) {
      engine.device.orch();
    }
  }

  /** Ends the device's run; every lane must finish, whatever the sizes. */
  private static void finish(EngineRun engine) {
    engine.device.flush();
    engine.runUntilDeviceIsIdle();
    engine.run.settle(RunEnd.COMPLETE, Run.Settling.AT_ONCE);
  }

  private static long violations(EngineRun engine) {
    long sum = 0;
    for (long count : engine.run.count().violations) {
      sum += count;
    }
    return sum;
  }

  /** Forges one entry that names no publishable buffer. */
  private static void forge(EngineRun engine, Random random, long[] forged) {
    int thread = random.nextInt(engine.device.threadCount());
    DevicePool pool = engine.device.pools()[random.nextInt(engine.device.pools().length)];
    int kind = pool.kind().ordinal();
    int instance = pool.instance();
    long base = TestArena.DEVICE_BASE;
    long ofKind = base + engine.plan.offsetOfBuffer(engine.plan.firstBuffer(pool.kind()));
    AbiViolation violation;
    switch (random.nextInt(7)) {
      case 0 -> {
        violation = AbiViolation.BAD_KIND;
        engine.device.forge(thread, instance, random.nextBoolean() ? 4 : -1, ofKind, 0);
      }
      case 1 -> {
        violation = AbiViolation.BAD_INSTANCE;
        int bad = random.nextBoolean() ? -1 : engine.plan.instances(pool.kind());
        engine.device.forge(thread, bad, kind, ofKind, 0);
      }
      case 2 -> {
        violation = AbiViolation.NULL_POINTER;
        engine.device.forge(thread, instance, kind, 0, 0);
      }
      case 3 -> {
        violation = AbiViolation.UNKNOWN_POINTER;
        long bad = random.nextBoolean() ? random.nextLong() | 1L << 62 : base - 64;
        engine.device.forge(thread, instance, kind, bad, 0);
      }
      case 4 -> {
        violation = AbiViolation.MISALIGNED_POINTER;
        engine.device.forge(thread, instance, kind, ofKind + 8, 0);
      }
      case 5 -> {
        violation = AbiViolation.WRONG_KIND;
        BufferKind other =
            pool.kind() == BufferKind.AICORE_TASK ? BufferKind.AICPU_TASK : BufferKind.AICORE_TASK;
        if (engine.plan.buffers(other) == 0) {
          return;
        }
        long pointer = base + engine.plan.offsetOfBuffer(engine.plan.firstBuffer(other));
        engine.device.forge(thread, instance, kind, pointer, 0);
      }
      default -> {
        violation = AbiViolation.NOT_DEVICE_OWNED;
        // The drain must see the entry before the device pops the buffer from its slot, so run both
        // to the end right here.
        engine.runUntilDeviceIsIdle();
        long slot = freeSlotOf(pool);
        if (slot == 0) {
          return;
        }
        engine.device.forge(thread, instance, kind, slot, 0);
        engine.runUntilDeviceIsIdle();
        drainFully(engine);
      }
    }
    forged[violation.ordinal()]++;
  }

  private static long freeSlotOf(DevicePool pool) {
    return pool.freeHead() == pool.freeTail() ? 0 : pool.slot(pool.freeHead());
  }

  private static void drainFully(EngineRun engine) {
    for (int i = 0; i < 1_000; i++) {
      engine.cycle();
      engine.clock.advance(5_000);
    }
  }
}
