package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.config.Placement;
import dev.sluice.config.Settings;
import dev.sluice.testkit.TestArena;
import dev.sluice.testkit.TestSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArenaTest {
  @Test
  void shouldBringTheRegionToItsStateBeforeALaunch() {
    for (Generation generation : Generation.values()) {
      TestArena arena = TestArena.small(generation, 3, 2, 4);
      ArenaPlan plan = arena.plan();
      ByteBuffer bytes = arena.bytes();
      for (int at = 0; at < plan.totalBytes(); at += 8) {
        bytes.putLong(at, -0x0123456789ABCDEFL);
      }
      Arena.initialise(arena.memory(), plan);
      Layout layout = plan.layout();
      int map = layout.coreToThreadOffset();
      int mapEnd = map + layout.platform().maxCores();
      for (int at = 0; at < plan.buffersOffset(); at++) {
        boolean isCounted =
            at / 4 * 4 == layout.numCoresOffset() || at / 4 * 4 == layout.levelOffset();
        if (!isCounted) {
          assertEquals(at >= map && at < mapEnd ? -1 : 0, bytes.get(at), "byte " + at);
        }
      }
      assertEquals(3, bytes.getInt(layout.numCoresOffset()));
      assertEquals(4, bytes.getInt(layout.levelOffset()));
      for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
        BufferKind kind = plan.kindOfBuffer(buffer);
        int offset = plan.offsetOfBuffer(buffer);
        assertEquals(0, bytes.getInt(offset + layout.buffer(kind).countOffset()), "count");
        if (kind == BufferKind.AICORE_TASK) {
          for (int at = 0; at < layout.buffer(kind).sizeBytes(); at += 8) {
            assertEquals(0, bytes.getLong(offset + at), "an AICore slot");
          }
        }
      }
    }
  }

  private static ArenaMaker maker(String... overrides) {
    Settings settings = TestSettings.with(overrides);
    return new ArenaMaker(settings.arena(), settings.cann(), Map.of());
  }

  @Test
  void shouldHoldItsPlanInSharedMemory() throws IOException {
    ArenaPlan plan = TestArena.small(Generation.CHIP_2026_08, 3, 2, 4).plan();
    Arena arena =
        maker("sluice.arena.huge-pages=off", "sluice.arena.lock-memory=off")
            .make(plan, "sluice-arena-test", Placement.SIM, 0, 0);
    assertTrue(arena.bytes() >= plan.totalBytes());
    assertEquals(arena.bytes(), arena.memory().sizeBytes());
    assertTrue(arena.handover().fd() >= 0);
    Arena.initialise(arena.memory(), plan);
    assertEquals(3, arena.memory().loadInt(plan.layout().numCoresOffset()));
    arena.close();
    arena.close();
    assertEquals(-1, arena.handover().fd());
  }

  @Test
  void shouldSayWhyMemoryCannotBeHad() {
    // The kernel refuses names longer than 249 bytes, on any machine.
    ArenaPlan plan = TestArena.small(Generation.CHIP_2026_08, 3, 2, 4).plan();
    String message =
        assertThrows(
                IOException.class,
                () ->
                    maker("sluice.arena.huge-pages=off")
                        .make(plan, "x".repeat(300), Placement.SIM, 0, 0))
            .getMessage();
    assertTrue(message.startsWith("memfd_create: "), message);
  }

  @Test
  void shouldCoverTheWholeMapOfTheLargestPlatform() {
    for (Layout layout : Layout.all()) {
      // The map is written in 4-byte words.
      assertEquals(0, layout.coreToThreadOffset() % Integer.BYTES);
      assertEquals(0, layout.platform().maxCores() % Integer.BYTES);
      assertTrue(new Geometry(layout, 1, 1, 0, 1).regionBytes() > 0);
    }
  }
}
