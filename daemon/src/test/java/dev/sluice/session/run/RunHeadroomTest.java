package dev.sluice.session.run;

import static dev.sluice.headroom.Ceiling.BUFFER_LIFECYCLE;
import static dev.sluice.headroom.Ceiling.CONTROL_PATH;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.agent.Agent;
import dev.sluice.headroom.Ceiling;
import dev.sluice.headroom.Headroom;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.api.Test;

/**
 * Headroom of an engine stepped by hand. One core writes a record every 10 us; AICPU buffers hold
 * 5, so four slots last 200 us; a pool has 5 buffers, of which 4 circulate.
 */
class RunHeadroomTest {
  private static final long RECORD_NANOS = 10_000;
  private static final long JANITOR_NANOS = 100_000_000;

  private final EngineRun engine =
      new EngineRun(TestArena.small(Generation.L2_2026_06, 1, 1, 2), TestSettings.with());

  private void produce(int records, String... working) {
    for (int i = 0; i < records; i++) {
      engine.device.task(0);
      engine.device.runUntilBlocked();
      engine.clock.advance(RECORD_NANOS);
      for (Agent agent : engine.agents) {
        for (String role : working) {
          if (agent.roleName().equals(role)) {
            agent.doWork();
          }
        }
      }
    }
  }

  private Headroom sample() {
    engine.run.count();
    engine.run.sampleHeadroom();
    return engine.run.headroom();
  }

  private long dropped() {
    return engine.run.count().law().dropped();
  }

  @Test
  void shouldBeZeroWithoutTraffic() {
    engine.device.launch();
    for (int i = 0; i < 200; i++) {
      engine.cycle();
      engine.clock.advance(JANITOR_NANOS);
      Headroom headroom = sample();
      for (Ceiling ceiling : Ceiling.ALL) {
        assertEquals(0, headroom.ratio(ceiling), ceiling.label());
      }
    }
  }

  @Test
  void shouldSeeAHostComeNearAndPassTheControlPathsCeiling() {
    engine.device.launch();
    produce(500, "drain", "refill", "collector");
    double prompt = sample().ratio(CONTROL_PATH);
    assertTrue(prompt > 0 && prompt <= 0.15, "prompt: " + prompt);

    produce(10);
    produce(100, "drain", "refill", "collector");
    double near = sample().ratio(CONTROL_PATH);
    assertEquals(0, dropped());
    assertTrue(near >= 0.4 && near <= 0.8, "after 100 of 200 us: " + near);

    produce(100);
    produce(100, "drain", "refill", "collector");
    double over = sample().ratio(CONTROL_PATH);
    assertTrue(dropped() > 0);
    assertTrue(over >= 4, "after 1000 of 200 us: " + over);
  }

  @Test
  void shouldSeeAPoolWhoseBuffersDoNotComeBack() {
    engine.device.launch();
    produce(500, "drain", "refill", "collector");
    double prompt = sample().ratio(BUFFER_LIFECYCLE);
    assertTrue(prompt <= 0.5, "prompt: " + prompt);
    assertEquals(0, dropped());

    produce(200, "drain", "refill");
    Headroom headroom = sample();
    assertTrue(dropped() > 0);
    assertTrue(headroom.ratio(BUFFER_LIFECYCLE) > 1, headroom.toString());
    assertTrue(headroom.ratio(CONTROL_PATH) < 1, "the host was in time: " + headroom);
  }
}
