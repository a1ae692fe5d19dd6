package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.ingest.RunEnd;
import dev.sluice.testkit.DevicePool;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The end of a run whose device goes on. */
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
    for (BufferKind kind : BufferKind.ALL) {
      held += (long) engine.plan.buffers(kind) * engine.plan.layout().buffer(kind).records();
    }
    long after = collected(engine);
    assertTrue(after - before <= held, () -> after - before + " of at most what was lent");
    for (DevicePool pool : engine.device.pools()) {
      if (engine.plan.quota(pool.kind()) > 0) {
        // Of which the device takes one at once.
        int slots = engine.plan.usableSlots()[engine.plan.pool(pool.kind(), 0)];
        int left = pool.freeTail() - pool.freeHead();
        assertTrue(left >= slots - 1, () -> left + " of " + slots + " left to " + pool);
      }
    }
  }

  private static long collected(EngineRun engine) {
    return engine.run.count().law().collected();
  }
}
