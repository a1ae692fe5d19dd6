package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.bench.BenchResults.Result;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.MachineFacts;
import dev.sluice.tool.measure.Unit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchComparisonTest {
  private static final MachineFacts MACHINE =
      new MachineFacts("a processor", 2, 8L << 30, "Linux 6", "17");
  private static final double ROUND_TRIP = 100e-9;

  private final Map<String, Result> old = new LinkedHashMap<>();
  private final Map<String, Result> now = new LinkedHashMap<>();

  @Test
  void shouldMarkWhatLiesBeyondTheNoise() throws ToolException {
    put(old, "up", Unit.BYTES_PER_SECOND, 100, 101, 102);
    put(now, "up", Unit.BYTES_PER_SECOND, 110, 111, 112);
    put(old, "down", Unit.BYTES_PER_SECOND, 110, 111, 112);
    put(now, "down", Unit.BYTES_PER_SECOND, 100, 101, 102);
    put(old, "noisy", Unit.BYTES_PER_SECOND, 100, 150, 200);
    put(now, "noisy", Unit.BYTES_PER_SECOND, 190, 250, 300);
    put(old, "faster", Unit.SECONDS, 3, 3, 3);
    put(now, "faster", Unit.SECONDS, 2, 2, 2);
    put(old, "few", Unit.SECONDS, 3, 3);
    put(now, "few", Unit.SECONDS, 2, 2, 2);
    assertEquals("better", mark("up"));
    assertEquals("worse", mark("down"));
    assertEquals("=", mark("noisy"));
    assertEquals("better", mark("faster"));
    assertEquals("?", mark("few"));
    assertEquals(111.0 / 101, Json.real(row("up"), "ratio"));
  }

  @Test
  void shouldHaveNoRatioToNothing() throws ToolException {
    put(old, "lost", Unit.RECORDS, 0, 0, 0);
    put(now, "lost", Unit.RECORDS, 1, 2, 3);
    assertNull(row("lost").get("ratio"));
    assertEquals("worse", mark("lost"));
    assertTrue(text().lines().anyMatch(line -> line.matches(".*0 records +2 records +- +worse")));
  }

  @Test
  void shouldNameTheDirectionOnlyOfUnitsItDoesNotKnow() throws ToolException {
    old.put("new unit", result(1, ROUND_TRIP, Unit.UNKNOWN, 1, 1, 1));
    now.put("new unit", result(1, ROUND_TRIP, Unit.UNKNOWN, 2, 2, 2));
    assertEquals("more", mark("new unit"));
  }

  @Test
  void shouldSayWhatIsNotCompared() throws ToolException {
    put(old, "gone", Unit.SECONDS, 1, 1, 1);
    put(now, "fresh", Unit.SECONDS, 1, 1, 1);
    put(old, "changed", Unit.SECONDS, 1, 1, 1);
    now.put("changed", result(2, ROUND_TRIP, Unit.SECONDS, 1, 1, 1));
    put(old, "failed", Unit.SECONDS, 1, 1, 1);
    now.put("failed", new Result(1, 0, "no memory", Map.of()));
    put(old, "other figure", Unit.SECONDS, 1, 1, 1);
    put(now, "other figure", Unit.BYTES, 1, 1, 1);
    Map<String, Object> json = comparison().toJson();
    assertEquals(
        Map.of(
            "gone", "only in the old results",
            "fresh", "only in the new results",
            "changed", "version 1 then, version 2 now",
            "failed", "failed now",
            "other figure: figure", "not in both"),
        json.get("not_compared"));
    assertEquals(List.of(), json.get("figures"));
    assertTrue(text().contains("changed: version 1 then, version 2 now"), text());
  }

  @Test
  void shouldWarnOfAMachineInAnotherState() throws ToolException {
    old.put("w", result(1, 50e-9, Unit.SECONDS, 1, 1, 1));
    now.put("w", result(1, 400e-9, Unit.SECONDS, 2, 2, 2));
    assertTrue(text().contains("worse ~"), text());
    assertFalse(text().contains("The machine or Java differs"), text());
  }

  @Test
  void shouldWarnOfAnotherMachine() {
    MachineFacts other = new MachineFacts("a processor", 64, 8L << 30, "Linux 6", "17");
    String text =
        new BenchComparison(
                new BenchResults("sluice 1", MACHINE, old),
                new BenchResults("sluice 2", other, now))
            .text();
    assertTrue(text.contains("The machine or Java differs"), text);
    assertTrue(text.startsWith("old: sluice 1\n"), text);
  }

  private static void put(Map<String, Result> side, String name, Unit unit, double... runs) {
    side.put(name, result(1, ROUND_TRIP, unit, runs));
  }

  private static Result result(int version, double roundTrip, Unit unit, double... runs) {
    return new Result(
        version, roundTrip, null, Map.of("figure", Figure.told("figure", unit, runs)));
  }

  private BenchComparison comparison() {
    return new BenchComparison(
        new BenchResults("sluice 1", MACHINE, old), new BenchResults("sluice 2", MACHINE, now));
  }

  private String text() {
    return comparison().text();
  }

  private Map<String, Object> row(String workload) throws ToolException {
    return Json.objects(comparison().toJson(), "figures").stream()
        .filter(row -> row.get("workload").equals(workload))
        .findFirst()
        .orElseThrow();
  }

  private String mark(String workload) throws ToolException {
    return Json.text(row(workload), "mark");
  }
}
