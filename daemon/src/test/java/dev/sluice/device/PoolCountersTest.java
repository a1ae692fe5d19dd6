package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.PoolLayout;
import dev.sluice.testkit.TestArena;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

class PoolCountersTest {
  private final TestArena arena = TestArena.small(Generation.L2_2026_06, 2, 1, 4);
  private final PoolCounters counters = new PoolCounters(arena.memory(), arena.plan());
  private final int pool = arena.plan().pool(BufferKind.AICORE_TASK, 1);
  private final int offset = arena.plan().geometry().poolOffset(BufferKind.AICORE_TASK, 1);

  private void show(int total, int dropped) {
    arena.bytes().putInt(offset + PoolLayout.TOTAL_RECORD_COUNT_OFFSET, total);
    arena.bytes().putInt(offset + PoolLayout.DROPPED_RECORD_COUNT_OFFSET, dropped);
    counters.refresh();
  }

  @Test
  void shouldReadEachPoolAlone() {
    show(7, 2);
    for (int other = 0; other < arena.plan().poolCount(); other++) {
      assertEquals(other == pool ? 7 : 0, counters.total(other));
      assertEquals(other == pool ? 2 : 0, counters.dropped(other));
    }
  }

  @Test
  void shouldTakeBothWordsOfOneMoment() {
    int total = offset + PoolLayout.TOTAL_RECORD_COUNT_OFFSET;
    int dropped = offset + PoolLayout.DROPPED_RECORD_COUNT_OFFSET;
    int[] pauses = {3};
    DeviceMemory memory =
        (DeviceMemory)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DeviceMemory.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("words")) {
                    return new LiveWords((DeviceMemory) proxy);
                  }
                  if (arguments != null && arguments[0].equals(total) && pauses[0]-- > 0) {
                    // The reader was off its CPU while the device kept dropping.
                    arena.bytes().putInt(total, arena.bytes().getInt(total) + 1_000_000);
                    arena.bytes().putInt(dropped, arena.bytes().getInt(dropped) + 1_000_000);
                  }
                  return method.invoke(arena.memory(), arguments);
                });
    PoolCounters paused = new PoolCounters(memory, arena.plan());
    paused.refresh();
    assertEquals(3_000_000, paused.total(pool));
    assertEquals(3_000_000, paused.dropped(pool));
  }

  @Test
  void shouldExtendCountersBeyondTheirWrap() {
    long expected = 0;
    int shown = 0;
    for (int i = 0; i < 7; i++) {
      shown += 0x7000_0000;
      expected += 0x7000_0000L;
      show(shown, 0);
      assertEquals(expected, counters.total(pool));
    }
    show(shown, -1 >>> 1);
    show(shown, -2);
    show(shown, 3);
    assertEquals((1L << 32) + 3, counters.dropped(pool));
    assertEquals(0, counters.backwards());
  }

  @Test
  void shouldNotFollowACounterThatGoesBack() {
    show(100, 10);
    show(90, 9);
    assertEquals(100, counters.total(pool));
    assertEquals(10, counters.dropped(pool));
    assertEquals(2, counters.backwards());
    show(101, 11);
    assertEquals(101, counters.total(pool));
    assertEquals(11, counters.dropped(pool));
    assertEquals(2, counters.backwards());
  }
}
