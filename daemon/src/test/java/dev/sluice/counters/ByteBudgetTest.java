package dev.sluice.counters;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private static final long MS = 1_000_000;

  private final ByteBudget budget = new ByteBudget(1_000_000, 0);

  @Test
  void shouldLetPassWhatTheRateAllowsOverASecond() {
    long passed = 0;
    for (long now = 1; now <= 1000 * MS; now += 100_000) {
      if (budget.isOpen(now)) {
        budget.spend(32_000);
        passed += 32_000;
      }
    }
    assertTrue(Math.abs(passed - 1_000_000) <= 32_000, passed + " bytes");
  }

  @Test
  void shouldKeepNoMoreThanAMillisecondForLater() {
    assertTrue(budget.isOpen(10_000 * MS));
    budget.spend(2_000);
    assertFalse(budget.isOpen(10_000 * MS), "a millisecond is 1,000 bytes");
    assertTrue(Math.abs(budget.waitNanos() - MS) <= 1, budget.waitNanos() + " ns");
    assertFalse(budget.isOpen(10_001 * MS - 1));
    assertTrue(budget.isOpen(10_001 * MS + 1));
    assertEquals(0, budget.waitNanos());
  }
}
