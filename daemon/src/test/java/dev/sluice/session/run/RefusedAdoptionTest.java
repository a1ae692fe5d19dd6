package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.PoolLayout;
import dev.sluice.device.TestStates;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** States and arenas that no host and no guard can have left: refused without a write. */
class RefusedAdoptionTest {
  private static void assertRefused(String reason, Consumer<EngineRun> damage) {
    EngineRun engine =
        new EngineRun(TestArena.small(Generation.L2_2026_07, 3, 2, 4), TestSettings.with());
    engine.device.launch();
    engine.cycle();
    damage.accept(engine);
    byte[] before = bytes(engine);
    AssertionError e = assertThrows(AssertionError.class, engine::resume);
    assertInstanceOf(IOException.class, e.getCause());
    assertTrue(e.getMessage().contains(reason), e.getMessage());
    assertArrayEquals(before, bytes(engine));
  }

  private static byte[] bytes(EngineRun engine) {
    byte[] all = new byte[engine.arena.bytes().capacity()];
    engine.arena.bytes().get(0, all);
    return all;
  }

  @ParameterizedTest
  @CsvSource({"state,-1", "state,6", "state,1000000", "pool,-2", "pool,1", "pool,1000000"})
  void shouldRefuseImpossibleWordsOfTheLedger(String word, int value) {
    assertRefused(
        "ledger of buffer 0", engine -> TestStates.damage(engine.state(), 0, word, value));
  }

  @Test
  void shouldRefuseImpossibleFreeQueues() {
    PoolLayout words = pool();
    assertRefused("free queue of pool 0: head", engine -> put(engine, words.tailOffset(), 1000));
    assertRefused("holds 0x", engine -> put(engine, words.slotOffset(0), 0x1234));
    assertRefused(
        "holds 0x",
        engine ->
            put(
                engine,
                words.slotOffset(1),
                engine.arena.bytes().getInt(at(engine) + words.slotOffset(0))));
  }

  private static PoolLayout pool() {
    return TestArena.small(Generation.L2_2026_07, 3, 2, 4).plan().layout().pool();
  }

  private static int at(EngineRun engine) {
    return engine.plan.geometry().poolOffset(BufferKind.AICPU_TASK, 0);
  }

  private static void put(EngineRun engine, int offset, int value) {
    engine.arena.bytes().putInt(at(engine) + offset, value);
  }
}
