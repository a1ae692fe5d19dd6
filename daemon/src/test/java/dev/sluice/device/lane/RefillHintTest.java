package dev.sluice.device.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefillHintTest {
  private static final long MINUTE_NANOS = 60_000_000_000L;

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, -1, MINUTE_NANOS, 1L << 47, (1L << 47) - 1, -(1L << 50), Long.MAX_VALUE})
  void shouldKeepPoolAndTime(long readyNs) {
    long hint = RefillHint.encode(RefillHint.MAX_POOLS - 1, readyNs);
    assertEquals(RefillHint.MAX_POOLS - 1, RefillHint.pool(hint));
    assertEquals(readyNs, RefillHint.readyNs(hint, readyNs));
    assertEquals(readyNs, RefillHint.readyNs(hint, readyNs + MINUTE_NANOS), "looked at later");
    assertEquals(readyNs, RefillHint.readyNs(hint, readyNs - 1), "with a clock read before");
  }
}
