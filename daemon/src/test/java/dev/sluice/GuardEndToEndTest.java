package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that is killed under load, and its clients' guards, in every layout. */
class GuardEndToEndTest {
  private static final List<String> LAYOUTS =
      List.of(
          "l2-2026.06/a2a3",
          "l2-2026.06/a5",
          "l2-2026.07/a2a3",
          "l2-2026.07/a5",
          "chip-2026.08/a2a3",
          "chip-2026.08/a5",
          "chip-2026.09/a2a3",
          "chip-2026.09/a5");

  @TempDir private Path folder;

  @Test
  void shouldKeepEveryWorkloadGoingWhenTheDaemonIsKilled() throws Exception {
    List<TestProducer> producers = new ArrayList<>();
    try (DaemonProcess daemon = DaemonProcess.start("", folder).awaitReady()) {
      for (String layout : LAYOUTS) {
        int device = producers.size();
        producers.add(
            TestProducer.start(
                folder.resolve("attach.sock"),
                layout,
                List.of(
                    "--layout",
                    layout,
                    "--device",
                    Integer.toString(device),
                    "--cores",
                    "3",
                    "--aicpu-threads",
                    "1",
                    "--records",
                    "100,128,128,128",
                    "--rate",
                    "4000000",
                    "--duration-ns",
                    "5000000000",
                    "--guard-ms",
                    "50")));
      }
      Await.until(() -> daemon.output().contains(", http "), daemon::output);
      DaemonClient client = DaemonClient.onPort(port(daemon.output()));
      Await.until(
          () ->
              client.sessions().stream()
                      .filter(session -> session.total().collectedRecords() > 0)
                      .count()
                  == LAYOUTS.size(),
          daemon::output);
      daemon.kill();
      for (TestProducer producer : producers) {
        assertWentOn(producer);
      }
    } finally {
      for (TestProducer producer : producers) {
        producer.close();
      }
    }
  }

  static int port(String log) {
    Matcher ready = Pattern.compile(", http [^:]+:(\\d+),").matcher(log);
    assertTrue(ready.find(), log);
    return Integer.parseInt(ready.group(1));
  }

  private static void assertWentOn(TestProducer producer) throws Exception {
    TestProducer.Report report = producer.await();
    String all = producer.name() + report.output() + report.errors();
    assertEquals(1, report.exitCode(), all);
    assertTrue(report.errors().contains("the daemon is gone; the guard counted"), all);
    assertTrue(report.json().get("duration_seconds") instanceof Double d && d >= 5, all);
    Map<String, Object> guard = Json.object(report.json(), "guard");
    assertEquals(1, Json.whole(guard, "takeovers"), all);
    assertEquals(0, Json.whole(guard, "resumes"), all);
    Map<String, Long> lost = Json.counts(guard, "lost_records");
    for (String kind : List.of("aicpu_task", "aicore_task")) {
      assertTrue(lost.get(kind) > 0, all);
      assertTrue(lost.get(kind) <= report.kind(kind, "produced"), all);
    }
    if (producer.name().startsWith("chip")) {
      assertEquals(0, report.whole("dropped_records"), all);
    }
  }
}
