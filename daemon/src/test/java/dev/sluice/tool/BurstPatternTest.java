package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BurstPatternTest {
  @Test
  void shouldReadBothPatterns() {
    assertEquals(BurstPattern.STEADY, BurstPattern.parse("steady"));
    assertEquals(new BurstPattern(10_000_000, 90_000_000), BurstPattern.parse("burst:10ms,90ms"));
  }

  @Test
  void shouldPassPlainNumbersToTheProducer() {
    assertEquals(List.of("--pattern", "steady"), BurstPattern.STEADY.arguments());
    assertEquals(
        List.of("--pattern", "burst", "--burst-on-ns", "1000", "--burst-off-ns", "2000000000"),
        BurstPattern.parse("burst:1us,2s").arguments());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bursty",
        "burst",
        "burst:",
        "burst:10ms",
        "burst:10ms,90ms,1s",
        "burst:0ms,1ms",
        "burst:10,90"
      })
  void shouldSayWhatToWriteInstead(String text) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> BurstPattern.parse(text));
    assertEquals(1, e.getMessage().lines().count());
  }
}
