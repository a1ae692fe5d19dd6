package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.agent.Agent;
import dev.sluice.agent.PausedAgent;
import dev.sluice.config.SettingsException;
import dev.sluice.ingest.RunEnd;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.api.Test;

/** What {@code sluice.faults} does to a run, and that it does nothing by default. */
class FaultHooksTest {
  private final TestArena arena = TestArena.small(Generation.L2_2026_07, 3, 2, 4);

  private EngineRun run(String... settings) {
    return new EngineRun(arena, TestSettings.with(settings));
  }

  @Test
  void shouldStepTheAgentsThemselvesByDefault() {
    Run run = run().run;
    assertEquals(run.agents(), run.steppedAgents());
  }

  @Test
  void shouldHoldUpEveryAgentWhenPausesAreAskedFor() {
    Run run = run("sluice.faults.pause=20ms", "sluice.faults.pause-every=100ms").run;
    assertEquals(run.agents().size(), run.steppedAgents().size());
    for (Agent agent : run.steppedAgents()) {
      assertTrue(agent instanceof PausedAgent, agent.roleName());
    }
    assertTrue(
        run.agents().stream().noneMatch(PausedAgent.class::isInstance),
        "a settlement must not stand still");
  }

  @Test
  void shouldNotTakeASlowCollectorForAnIdleOne() {
    EngineRun engine = run("sluice.faults.collector-bytes-per-second=1");
    Agent collector = engine.run.steppedAgents().get(engine.run.agents().size() - 1);
    assertEquals("collector", collector.roleName());
    assertEquals(0, collector.doWork(), "nothing to do yet");
    engine.clock.advance(2_000_000_000L);
    engine.device.launch();
    for (int i = 0; i < 200; i++) {
      engine.device.task(0);
      engine.device.runUntilBlocked();
      engine.run.engine().drains()[0].doWork();
      collector.doWork();
    }
    assertTrue(collector.doWork() > 0, "it holds a buffer, and its thread must not park");
    engine.run.settle(RunEnd.NOT_YET, Run.Settling.AT_ONCE);
    assertEquals(0, collector.doWork());
  }

  @Test
  void shouldRefusePausesThatNeverEnd() {
    SettingsException refused =
        assertThrows(
            SettingsException.class,
            () -> TestSettings.with("sluice.faults.pause=1s", "sluice.faults.pause-every=1s"));
    assertTrue(refused.getMessage().contains("nothing would ever run"), refused.getMessage());
  }
}
