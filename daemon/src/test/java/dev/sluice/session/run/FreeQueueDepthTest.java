package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.agent.Agent;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How much a device can write during a host pause, with engine and device stepped by hand: the S *
 * B of the control path. A host that kept up leaves all slots full, whenever it pauses; the room
 * left in the current buffer comes on top, at worst none.
 */
class FreeQueueDepthTest {
  private static final int SLOTS = 4;
  private static final int RECORDS = 5;
  private static final long RECORD_NANOS = 30_000;

  private static void task(EngineRun engine, boolean isHostThere) {
    engine.device.task(0);
    engine.device.runUntilBlocked();
    if (isHostThere) {
      for (Agent agent : engine.agents) {
        agent.doWork();
      }
    }
    engine.clock.advance(RECORD_NANOS);
  }

  /** Returns the records written before the first drop, for the kind with smaller buffers. */
  private static int writtenWithoutHost(Generation generation, int before) {
    EngineRun engine = new EngineRun(TestArena.small(generation, 1, 1, 2), TestSettings.with());
    engine.device.launch();
    for (int i = 0; i < before; i++) {
      task(engine, true);
    }
    assertEquals(0, engine.run.count().law().dropped());
    int written = -1;
    while (engine.run.count().law().dropped() == 0) {
      task(engine, false);
      written++;
      assertTrue(written < 10 * SLOTS * RECORDS, "never drops");
    }
    return written;
  }

  @ParameterizedTest
  @EnumSource(
      value = Generation.class,
      names = {"L2_2026_06", "L2_2026_07"})
  void shouldBeAllSlotsAndWhatTheCurrentBufferHasRoomFor(Generation generation) {
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int phase = 0; phase < 2 * RECORDS; phase++) {
      int written = writtenWithoutHost(generation, 200 + phase);
      least = Math.min(least, written);
      most = Math.max(most, written);
    }
    // The first generation drops the record that fills the last buffer, the second one the next
    // record: it publishes a full buffer before it looks for another.
    assertTrue(least >= SLOTS * RECORDS - 1 && least <= SLOTS * RECORDS + 1, "least " + least);
    int room = most - least;
    assertTrue(room >= RECORDS - 1 && room <= RECORDS, "least " + least + ", most " + most);
  }
}
