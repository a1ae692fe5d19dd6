package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.MachineNoise;
import dev.sluice.tool.measure.Unit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchReportTest {
  private static final Workload WORKLOAD = Workloads.all().get(0);
  private static final MachineNoise NOISE = new MachineNoise(123, 45, 0.5);

  private final BenchReport report = new BenchReport("sluice 1.2.3", 5, false);

  @Test
  void shouldSayWhatWasMetAndWhatWasMissed() {
    report.add(
        WORKLOAD,
        new Measurement(
            List.of(
                Figure.atLeast(2e9, "rate", Unit.BYTES_PER_SECOND, 2.5e9),
                Figure.atMost(2e-6, "latency", Unit.SECONDS, 3e-6),
                Figure.told("gap", Unit.SECONDS, 1e-3)),
            List.of()),
        NOISE);
    List<String> lines = report.lastRow().lines().toList();
    assertTrue(lines.get(1).matches(".*2\\.5GB/s +>= 2GB/s +met *"), lines.get(1));
    assertTrue(lines.get(2).matches(".*3us +<= 2us +MISSED *"), lines.get(2));
    assertFalse(lines.get(3).contains("met"), lines.get(3));
    assertTrue(lines.get(4).contains("round trip 123 ns, 45 minor faults, load 0.5"), lines.get(4));
  }

  @Test
  void shouldKeepGoingAfterAWorkloadThatFailed() throws ToolException {
    report.addFailure(WORKLOAD, "no memory");
    assertFalse(report.isComplete());
    assertTrue(report.lastRow().contains("failed: no memory"));
    Map<String, Object> json = Json.parse(Json.print(report.toJson()), "bench");
    assertEquals("no memory", Json.objects(json, "workloads").get(0).get("failure"));
  }

  @Test
  void shouldPrintFiguresInBaseUnits() throws ToolException {
    report.add(
        WORKLOAD,
        new Measurement(
            List.of(Figure.atLeast(2e9, "rate", Unit.BYTES_PER_SECOND, 2.5e9)), List.of()),
        NOISE);
    Map<String, Object> json = Json.parse(Json.print(report.toJson()), "bench");
    Map<String, Object> workload = Json.objects(json, "workloads").get(0);
    Map<String, Object> figure = Json.objects(workload, "figures").get(0);
    assertEquals(2.5e9, Json.real(figure, "value"));
    assertEquals("bytes_per_second", figure.get("unit"));
    assertEquals(true, figure.get("met"));
    assertEquals(
        123e-9,
        Json.real(Json.object(workload, "machine"), "cache_line_round_trip_seconds"),
        1e-12);
  }
}
