package dev.sluice.device.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.sluice.handoff.SpscRing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefillHintTest {
  private static final long HOURS_19_NANOS = (1L << 46) - 1;

  @Test
  void shouldCarryEveryPool() {
    for (int pool = 0; pool < RefillHint.MAX_POOLS; pool++) {
      long hint = RefillHint.encode(pool, 0x7FFF_FFFF_FFFFL);
      assertEquals(pool, RefillHint.pool(hint));
      assertEquals(0x7FFF_FFFF_FFFFL, RefillHint.readyNs(hint, 0x7FFF_FFFF_FFFFL));
    }
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        1L << 46,
        (1L << 47) - 1,
        1L << 47,
        (1L << 47) + 5,
        -(1L << 50),
        Long.MAX_VALUE
      })
  void shouldRebuildTimesFromWhereverTheClockIs(long readyNs) {
    for (long age : new long[] {0, 1, 50_000, 60_000_000_000L, HOURS_19_NANOS}) {
      for (int pool : new int[] {0, 1, RefillHint.MAX_POOLS - 1}) {
        long hint = RefillHint.encode(pool, readyNs);
        assertEquals(readyNs, RefillHint.readyNs(hint, readyNs + age), "looked at later");
        assertEquals(readyNs, RefillHint.readyNs(hint, readyNs - age), "with an older clock");
        assertEquals(pool, RefillHint.pool(hint));
        assertNotEquals(SpscRing.EMPTY, hint);
      }
    }
  }
}
