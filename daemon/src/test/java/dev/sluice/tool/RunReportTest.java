package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunReportTest {
  /** Section 7 of the design: scripts depend on each of these keys. */
  private static final Set<String> CONTRACT =
      Set.of(
          "layout",
          "duration_seconds",
          "device_records",
          "collected_records",
          "collected_bytes",
          "dropped_records",
          "unaccounted_records",
          "salvaged_records",
          "never_started_records",
          "abi_violations",
          "collected_bytes_per_second",
          "device_stall_seconds",
          "refill_latency_seconds",
          "drain_pause_seconds",
          "daemon_cpu_seconds",
          "verdict",
          "kinds");

  @Test
  void shouldHaveEveryKeyOfTheContract() throws ToolException {
    Map<String, Object> json =
        Json.parse(
            Json.print(
                VerdictTest.run(FakeDaemon.session("a", 1000, 100, 0), 1000).toJson("All well.")),
            "test");
    for (String key : CONTRACT) {
      assertTrue(json.containsKey(key), key);
    }
    assertEquals(0, json.get("abi_violations"));
    assertEquals(100L, Json.counts(json, "dropped_records").get("host_late"));
    assertEquals(Set.of("count", "p50", "p99", "p999", "max"), keys(json, "drain_pause_seconds"));
    assertEquals(
        900,
        Json.whole(Json.object(Json.object(json, "kinds"), "aicpu_task"), "collected_records"));
    assertEquals("All well.", json.get("verdict"));
  }

  @Test
  void shouldDivideByTheTimeInWhichTheDeviceProduced() throws ToolException {
    RunReport run = VerdictTest.run(FakeDaemon.session("a", 1000, 0, 0), 1000);
    // 32,000 bytes over the producer's 2.0 s, not over the session's 2.5 s.
    assertEquals(16_000.0, run.collectedBytesPerSecond());
    assertTrue(run.isLossless());
  }

  @Test
  void shouldReportTheWaitThatTheDeviceMeasured() throws ToolException {
    RunReport run =
        new RunReport(
            SessionReport.read(FakeDaemon.session("a", 1000, 0, 0)),
            Json.parse(FakeProducer.report(1000, 0.6), "the producer"),
            0.5,
            3);
    Map<String, Object> json = run.toJson("");
    assertEquals(0.6, json.get("device_stall_seconds"));
    assertEquals(4.5, json.get("device_stall_seconds_estimate"), "the daemon's own figure");
  }

  @Test
  void shouldDivideProcessorTimeByTheTimeOfTheSession() throws ToolException {
    // 0.5 s over the 2.5 s from attach to settled books, not over the producer's 2.0 s.
    RunReport run = VerdictTest.run(FakeDaemon.session("a", 1000, 0, 0), 1000);
    assertEquals(0.2, run.daemonCores());
  }

  @Test
  void shouldNotCallAnythingLostLossless() throws ToolException {
    assertFalse(VerdictTest.run(FakeDaemon.session("a", 1000, 1, 0), 1000).isLossless());
    assertFalse(VerdictTest.run(FakeDaemon.session("a", 1000, 0, 1), 1000).isLossless());
    assertFalse(VerdictTest.run(FakeDaemon.session("a", 1000, 0, -1), 1000).isLossless());
    assertFalse(VerdictTest.run(FakeDaemon.session("a", 1000, 0, 0), 999).isLossless());
  }

  @Test
  void shouldNameAKeyThatTheDaemonLeftOut() {
    Map<String, Object> session = FakeDaemon.session("a", 1000, 0, 0);
    session.remove("salvaged_records");
    ToolException e = assertThrows(ToolException.class, () -> SessionReport.read(session));
    assertEquals("JSON: the key salvaged_records is missing", e.getMessage());
  }

  private static Set<String> keys(Map<String, Object> json, String key) throws ToolException {
    return Json.object(json, key).keySet();
  }
}
