package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.bridge.ArenaLocks;
import dev.sluice.config.BufferCounts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArenaPlanTest {
  private static final BufferCounts AUTO = new BufferCounts(0, 0, 0, 0);
  private static final long GIB = 1L << 30;

  private static Geometry geometry(String layout, int cores, int threads, int level) {
    return new Geometry(Layout.parse(layout), cores, threads, 1, level);
  }

  private static String refusal(Geometry geometry, BufferCounts counts, long maxBytes) {
    return assertThrows(ArenaRefusedException.class, () -> ArenaPlan.of(geometry, counts, maxBytes))
        .getMessage();
  }

  @Test
  void shouldLayOutTheArena() throws ArenaRefusedException {
    Geometry geometry = geometry("chip-2026.08/a2a3", 24, 3, 4);
    ArenaPlan plan = ArenaPlan.of(geometry, new BufferCounts(8, 6, 8, 4), GIB);
    assertEquals(137_920, plan.rotationOffset(), "the region comes first");
    assertEquals(0, plan.buffersOffset() % 4_096);
    assertTrue(plan.buffersOffset() >= 137_920 + 24 * 8);
    assertEquals(24 * 8 + 4 * 6 + 8 + 24 * 4, plan.bufferCount());
    assertEquals(24 + 4 + 1 + 24, plan.poolCount(), "one for each thread that there can be");
    long end = plan.buffersOffset();
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      BufferKind kind = plan.kindOfBuffer(buffer);
      boolean isFirst = buffer == plan.firstBuffer(kind);
      int offset = plan.offsetOfBuffer(buffer);
      assertEquals(0, offset % (isFirst ? 4_096 : 64));
      assertTrue(isFirst ? offset >= end && offset < end + 4_096 : offset == end, "contiguous");
      end = (long) offset + plan.layout().buffer(kind).sizeBytes();
    }
    assertTrue(end <= plan.locksOffset() && plan.locksOffset() < end + 4_096 + ArenaLocks.BYTES);
    assertEquals(0, plan.locksOffset() % ArenaLocks.BYTES);
    assertEquals(plan.locksOffset() + ArenaLocks.BYTES, plan.totalBytes());
  }

  @Test
  void shouldNumberPoolsAndBuffersByKind() throws ArenaRefusedException {
    ArenaPlan plan = ArenaPlan.of(geometry("l2-2026.06/a5", 6, 2, 4), AUTO, GIB);
    int pool = 0;
    for (BufferKind kind : BufferKind.TIMED) {
      for (int instance = 0; instance < plan.instances(kind); instance++, pool++) {
        assertEquals(pool, plan.pool(kind, instance));
        assertEquals(kind, plan.kindOfPool(pool));
        assertEquals(instance, plan.instanceOfPool(pool));
      }
    }
    assertEquals(pool, plan.poolCount());
  }

  @Test
  void shouldGiveEveryPoolItsQuotaOfBuffers() throws ArenaRefusedException {
    ArenaPlan plan = ArenaPlan.of(geometry("l2-2026.07/a2a3", 5, 3, 4), AUTO, GIB);
    int[] owned = new int[plan.poolCount()];
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      int home = plan.homePool(buffer);
      assertEquals(plan.kindOfBuffer(buffer), plan.kindOfPool(home));
      owned[home]++;
    }
    for (int pool = 0; pool < owned.length; pool++) {
      assertEquals(plan.quota(plan.kindOfPool(pool)), owned[pool]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void shouldPlanNoBuffersForKindsThatTheLevelLeavesOut(int level) throws ArenaRefusedException {
    ArenaPlan plan = ArenaPlan.of(geometry("l2-2026.06/a2a3", 4, 2, level), AUTO, GIB);
    for (BufferKind kind : BufferKind.TIMED) {
      assertEquals(level >= kind.minimumLevel(), plan.buffers(kind) > 0, kind.label());
      assertEquals(plan.buffers(kind) > 0, plan.quota(kind) > 0, kind.label());
    }
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      assertTrue(plan.instances(plan.kindOfBuffer(buffer)) > 0);
    }
  }

  @Test
  void shouldRefuseOneBelowTheSmallestLegalPool() {
    Geometry geometry = geometry("chip-2026.08/a2a3", 24, 3, 4);
    assertEquals(
        "aicore_task: 2 buffers per instance, quota floor(48 / 24) = 2 is below the smallest"
            + " legal 3",
        refusal(geometry, new BufferCounts(2, 2, 2, 2), GIB));
    assertTrue(
        refusal(geometry, new BufferCounts(1, 2, 2, 3), GIB).startsWith("aicpu_task: 1 buffers"));
    assertTrue(
        refusal(geometry, new BufferCounts(2, 1, 2, 3), GIB).startsWith("sched_phase: 1 buffers"));
    assertTrue(
        refusal(geometry, new BufferCounts(2, 2, 1, 3), GIB).startsWith("orch_phase: 1 buffers"));
  }

  @Test
  void shouldNotAskForBuffersOfAKindThatIsNotUsed() throws ArenaRefusedException {
    ArenaPlan plan =
        ArenaPlan.of(geometry("l2-2026.06/a2a3", 2, 1, 1), new BufferCounts(1, 1, 1, 3), GIB);
    assertEquals(6, plan.bufferCount());
  }

  @Test
  void shouldKeepBuffersBelowTheReadyQueue() throws ArenaRefusedException {
    for (Layout layout : Layout.all()) {
      for (int cores = 1; cores <= layout.platform().maxCores(); cores++) {
        ArenaPlan plan =
            ArenaPlan.of(
                new Geometry(layout, cores, layout.queueCount() - 1, 1, 4), AUTO, SHARED_MAX);
        assertTrue(plan.bufferCount() <= layout.queueEntries() - 1, layout + " " + cores);
        assertTrue(plan.quota(BufferKind.AICORE_TASK) >= 3);
        assertTrue(plan.quota(BufferKind.AICPU_TASK) >= 2);
      }
    }
  }

  /** Limit of the text in an ATTACH response. */
  private static final int WIRE_TEXT_CHARACTERS = 95;

  private static final long SHARED_MAX = (2L << 30) - (64 << 10);

  @Test
  void shouldRefuseMoreBuffersThanAReadyQueueTakes() throws ArenaRefusedException {
    Layout layout =
        Layout.of(Generation.CHIP_2026_08, Platform.A2A3, new LayoutOverrides(0, 34, 8, 8, 8, 8));
    Geometry geometry = new Geometry(layout, 4, 2, 1, 4);
    BufferCounts fits = new BufferCounts(3, 2, 1 + 1, 3);
    // Four threads: 4 * 3 + 4 * 2 + 2 + 4 * 3 = 34, one more than 33.
    assertEquals(
        "34 buffers, but a ready queue takes 33 (entries - 1): use fewer, or more entries",
        refusal(geometry, fits, GIB));
    ArenaPlan shrunk = ArenaPlan.of(geometry, new BufferCounts(0, 2, 2, 3), GIB);
    assertEquals(2, shrunk.quota(BufferKind.AICPU_TASK), "auto gives way");
  }

  @Test
  void shouldRefuseAnArenaAboveTheLimit() throws ArenaRefusedException {
    Geometry geometry = geometry("l2-2026.06/a2a3", 72, 3, 4);
    ArenaPlan plan = ArenaPlan.of(geometry, AUTO, GIB);
    String message = refusal(geometry, AUTO, plan.totalBytes() - 1L);
    assertEquals(
        "arena of "
            + plan.totalBytes()
            + " bytes, sluice.arena.bytes allows "
            + (plan.totalBytes() - 1)
            + ": use fewer buffers or raise it",
        message);
  }

  /** Clients send these numbers in 32 bits each. */
  @ParameterizedTest
  @CsvSource({
    "2147483647, 0, 0, 0",
    "20000000, 0, 0, 0",
    "0, 2147483647, 0, 0",
    "0, 0, 0, 2147483647",
    "1073741824, 0, 0, 1073741824",
    "59652324, 0, 0, 3"
  })
  void shouldRefuseAbsurdBufferCounts(int aicpu, int sched, int orch, int aicore) {
    Geometry geometry = geometry("l2-2026.06/a2a3", 72, 3, 4);
    String message =
        refusal(geometry, new BufferCounts(aicpu, sched, orch, aicore), Integer.MAX_VALUE);
    assertTrue(message.contains("a ready queue takes 991"), message);
    assertTrue(message.length() <= WIRE_TEXT_CHARACTERS, "cut off on its way: " + message);
  }
}
