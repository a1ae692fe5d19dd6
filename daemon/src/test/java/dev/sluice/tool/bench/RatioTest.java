package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Unit;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RatioTest {
  private static final Ratio RATIO = new Ratio("r", "over", "under", 0.7);

  @Test
  void shouldBeOfWorkloadsThatExist() {
    Set<String> names = new HashSet<>();
    Workloads.all().forEach(workload -> names.add(workload.name()));
    for (Ratio ratio : Ratio.all()) {
      assertTrue(names.contains(ratio.over()), ratio.over());
      assertTrue(names.contains(ratio.under()), ratio.under());
    }
  }

  @Test
  void shouldDivideTheMediansAndShowTheWorstAndBest() {
    Ratio.Value value =
        RATIO.of(Map.of("over", rate(2, 3, 4), "under", rate(4, 4, 5))).orElseThrow();
    assertEquals(0.75, value.value());
    assertEquals(0.4, value.low());
    assertEquals(1.0, value.high());
    assertTrue(value.isMet());
    assertTrue(value.text().endsWith("0.75       0.40 to 1.00  >= 0.70  met"), value.text());
  }

  @Test
  void shouldSayThatTheTargetWasMissed() {
    Ratio.Value value =
        RATIO.of(Map.of("over", rate(2, 2, 2), "under", rate(4, 4, 4))).orElseThrow();
    assertFalse(value.isMet());
    assertEquals(false, value.toJson().get("met"));
  }

  @Test
  void shouldNeedBothSidesAndARateToDivideBy() {
    assertTrue(RATIO.of(Map.of("over", rate(1))).isEmpty());
    assertTrue(RATIO.of(Map.of("under", rate(1))).isEmpty());
    assertTrue(RATIO.of(Map.of("over", rate(1), "under", rate())).isEmpty());
    assertEquals(0, RATIO.of(Map.of("over", rate(), "under", rate(1))).orElseThrow().value());
  }

  private static Figure rate(double... runs) {
    return Figure.told("clean rate", Unit.BYTES_PER_SECOND, runs);
  }
}
