package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.agent.Agent;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.ingest.RunEnd;
import dev.sluice.testkit.DevicePool;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Settlement of a run whose device keeps running. */
class SettlementTest {
  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldNotRunAfterADeviceThatNeverStops(Generation generation) {
    EngineRun engine = new EngineRun(TestArena.small(generation, 1, 1, 2), TestSettings.with());
    engine.device.launch();
    engine.clock.whenRead(
        () -> {
          engine.device.task(0);
          engine.device.runUntilBlocked();
          engine.clock.advance(1_000);
        });
    for (int i = 0; i < 100; i++) {
      engine.cycle();
    }
    long before = collected(engine);

    engine.run.settle(RunEnd.NOT_YET, Run.Settling.AT_ONCE);

    long held = 0;
    for (BufferKind kind : BufferKind.TIMED) {
      held += (long) engine.plan.buffers(kind) * engine.plan.layout().buffer(kind).records();
    }
    long after = collected(engine);
    assertTrue(after - before <= held, () -> after - before + " of at most what was lent");
    for (DevicePool pool : engine.device.pools()) {
      if (engine.plan.quota(pool.kind()) > 0) {
        // The device takes one of them at once.
        int slots = engine.plan.usableSlots()[engine.plan.pool(pool.kind(), 0)];
        int left = pool.freeTail() - pool.freeHead();
        assertTrue(left >= slots - 1, () -> left + " of " + slots + " left to " + pool);
      }
    }
  }

  /** A stop under backpressure: the host owns all buffers, more than refill takes at once. */
  @Test
  void shouldGiveBackEveryBufferToADeviceThatGoesOn() {
    Layout layout =
        Layout.of(Generation.CHIP_2026_08, Platform.A2A3, new LayoutOverrides(8, 1024, 5, 6, 7, 8));
    EngineRun engine =
        new EngineRun(
            new TestArena(
                TestArena.plan(new Geometry(layout, 24, 2, 1, 2), new BufferCounts(8, 8, 8, 8))),
            TestSettings.with());
    Agent refill = engine.run.engine().refill();
    engine.device.launch();
    for (int i = 0; i < 24 * 100; i++) {
      engine.device.task(i % 24);
    }
    for (int i = 0; i < 100; i++) {
      engine.device.runUntilBlocked();
      for (Agent agent : engine.agents) {
        if (agent != refill) {
          agent.doWork();
        }
      }
      engine.clock.advance(1_000);
    }
    engine.run.settle(RunEnd.NOT_YET, Run.Settling.AT_ONCE);
    int given = 0;
    for (DevicePool pool : engine.device.pools()) {
      int left = pool.freeTail() - pool.freeHead();
      given += left;
      if (engine.plan.quota(pool.kind()) > 0) {
        assertTrue(left >= 6, () -> left + " buffers left to " + pool);
      }
    }
    assertTrue(given > RefillAgent.RETURNS_PER_CYCLE, given + " given back");
    assertFalse(engine.run.engine().isReturning(), "none is left on its way");
  }

  private static long collected(EngineRun engine) {
    return engine.run.count().law().collected();
  }
}
