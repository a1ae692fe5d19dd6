package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.agent.AgentRounds;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Several sessions on one thread, one of them with far more work than fits a round: measured in
 * rounds and entries, independent of the machine.
 */
class FairSharingTest {
  private static final int SESSIONS = 4;
  private static final int ROUNDS = 60;
  private static final int BATCH = 3;
  private static final int CORES = 4;
  private static final int THREADS = 2;
  private static final int TASKS_PER_BUFFER = 5;

  private final AgentRounds rounds =
      new AgentRounds(
          (agent, error, isGivenUp) -> {
            throw new AssertionError(agent.roleName(), error);
          });
  private final List<EngineRun> runs = new ArrayList<>();

  private void open() {
    EngineRun run =
        new EngineRun(
            TestArena.small(Generation.CHIP_2026_08, CORES, THREADS, 2),
            TestSettings.with("sluice.drain.batch-entries=" + BATCH));
    run.device.launch();
    rounds.add(run.agents);
    runs.add(run);
  }

  private static long entries(EngineRun run) {
    long entries = 0;
    for (DrainAgent drain : run.run.engine().drains()) {
      entries += drain.counters().get(DrainAgent.ENTRIES);
    }
    return entries;
  }

  private static long collected(EngineRun run) {
    return run.run.count().laws[BufferKind.AICPU_TASK.ordinal()].collected();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void shouldServeEachSessionInEachRoundBesideABusyOne(int busyAt) {
    for (int i = 0; i < SESSIONS; i++) {
      open();
    }
    EngineRun busy = runs.get(busyAt);
    for (int i = 0; i < 50 * ROUNDS; i++) {
      for (int core = 0; core < CORES; core++) {
        busy.device.task(core);
      }
    }
    int queues = busy.plan.layout().queueCount();
    for (int round = 1; round <= ROUNDS; round++) {
      busy.device.runUntilBlocked();
      for (EngineRun run : runs) {
        if (run != busy) {
          // Just enough to publish a buffer.
          for (int i = 0; i < TASKS_PER_BUFFER; i++) {
            run.device.task(round % CORES);
          }
          run.device.runUntilBlocked();
        }
      }
      long before = entries(busy);
      rounds.step();
      long taken = entries(busy) - before;
      assertTrue(taken > 0, "the busy one makes progress, too");
      assertTrue(taken <= (long) BATCH * queues, taken + " entries in one turn");
      for (EngineRun run : runs) {
        if (run != busy) {
          assertEquals(
              run.publishedRecords(BufferKind.AICPU_TASK),
              collected(run),
              "what was there before round " + round + " was collected in it");
        }
        run.clock.advance(5_000);
      }
    }
    assertTrue(!busy.device.isIdle(), "it was busy all the time");
    for (EngineRun run : runs) {
      AccountingLaw law = run.run.count().law();
      assertEquals(0, law.unaccounted(), law::toString);
    }
  }
}
