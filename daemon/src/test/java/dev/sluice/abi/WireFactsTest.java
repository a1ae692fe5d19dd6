package dev.sluice.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WireFactsTest {
  private static Layout overridden(String id, WireFact fact, String value) {
    Layout layout = Layout.parse(id);
    return Layout.of(
        layout.generation(),
        layout.platform(),
        new LayoutOverrides(0, 0, 0, 0, 0, 0, WireFacts.override(fact, value)));
  }

  @Test
  void shouldOverrideEachFactAlone() {
    for (Layout layout : Layout.all()) {
      for (WireFact fact : WireFact.ALL) {
        for (String value : fact.valueNames()) {
          WireFacts facts = overridden(layout.id(), fact, value).facts();
          for (WireFact other : WireFact.ALL) {
            String expected = other == fact ? value : layout.facts().valueName(other);
            assertEquals(expected, facts.valueName(other), other + " with " + fact + " " + value);
          }
        }
      }
    }
  }

  @Test
  void shouldRefuseAValueThatAFactDoesNotHave() {
    String wrong =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    Layout.of(
                        Generation.CHIP_2026_08,
                        Platform.A5,
                        new LayoutOverrides(0, 0, 0, 0, 0, 0, 0xF0L)))
            .getMessage();
    assertTrue(wrong.startsWith("fact grid has no value 14"), wrong);
  }

  @Test
  void shouldPlaceAHeaderBetweenTwoGenerations() {
    // The header of 2026.08 without its back-pressure block: one step towards 2026.09.
    Layout step = overridden("chip-2026.08/a2a3", WireFact.BACKPRESSURE, "none");
    assertEquals(127_104, step.headerBytes());
    assertEquals(127_104 + 192 * 24, step.poolsOffset(BufferKind.AICORE_TASK, 24));
    assertThrows(IllegalStateException.class, step::rqContendedOffset);
    // The next step: pools placed for all cores.
    Layout fixed = overridden("chip-2026.08/a2a3", WireFact.GRID, "maximum");
    assertEquals(fixed.poolsOffset(BufferKind.AICORE_TASK, 72), 127_168 + 192 * 72);
    assertEquals(fixed.regionBytes(72), fixed.regionBytes(1));
  }

  @Test
  void shouldKnowWhichPoolsCount() {
    WireFacts some = overridden("chip-2026.08/a5", WireFact.POOL_COUNTERS, "aicore").facts();
    assertTrue(some.countsPublished(BufferKind.AICORE_TASK));
    assertFalse(some.countsPublished(BufferKind.AICPU_TASK));
  }
}
