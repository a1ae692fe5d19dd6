package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.monitoring.Dashboard;
import dev.sluice.monitoring.DashboardData;
import dev.sluice.monitoring.DashboardPicture;
import dev.sluice.monitoring.Dashboards;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * An operator's hour in a minute, with the real Prometheus and Alertmanager: a device is overrun,
 * an operator is notified, and the alert resolves; meanwhile every query of the dashboards runs.
 * Run with {@code -Pobserve}; pictures and notifications go to target/monitoring.
 */
@Tag("observe")
@ExtendWith(FailureDump.class)
@Timeout(240)
class MonitoringEndToEndTest {
  private static final String ALERT = "SluiceDeviceRecordsDropped";
  private static final String DROPS = "sluice_device_dropped_records_total{device=\"1\"}";

  /**
   * An alert window and its keep_firing_for, with a minute as a second, plus slack for the machine.
   */
  private static final Duration UNTIL_RESOLVED = Duration.ofSeconds(90);

  private static final Path TARGET =
      Path.of(System.getProperty("basedir", "."), "target", "monitoring");

  @Test
  void shouldTellThatADeviceDropsAndThatItIsOver(@TempDir Path folder) throws Exception {
    Path captures = Files.createDirectory(folder.resolve("captures"));
    try (TestDaemon daemon =
            TestDaemon.start(
                "sluice.capture.enabled=true",
                "sluice.capture.directory=" + captures,
                "sluice.capture.retention-bytes=512MiB",
                "sluice.capture.free-space-floor=0",
                "sluice.collector.verify-synthetic=sample",
                "sluice.watermark.window=2s");
        MonitoringStack stack = MonitoringStack.start(folder, daemon.httpPort());
        TestProducer clean = blocking(daemon, "clean", "0", "30000000", "600000000000")) {
      DashboardData prometheus = new DashboardData(stack.prometheus(), 5, 60);
      Await.until(
          Duration.ofSeconds(30),
          () -> isScraped(prometheus),
          () -> "nothing was scraped: " + stack.describe());
      // The series must exist at 0, as it does from attach on.
      try (TestProducer gentle = blocking(daemon, "gentle", "1", "1000000", "200000000")) {
        gentle.await();
      }
      Await.until(
          Duration.ofSeconds(30),
          () -> !prometheus.query(DROPS + " == 0").isEmpty(),
          () -> "the series of device 1 are not there");
      assertEquals(List.of(), of(stack, "firing"), "before anything happened");

      daemon.run("overrun", OVERRUN);
      assertTrue(daemon.session("overrun").total().dropped() > 0, "the device was not overrun");
      Await.until(
          Duration.ofSeconds(30),
          () -> !of(stack, "firing").isEmpty(),
          () -> "no message about the drops: " + stack.describe());
      Instant told = of(stack, "firing").get(0).at();
      Instant seen = firstSampleAboveZero(prometheus);
      Duration took = Duration.between(seen, told);
      System.out.println("the web hook was told " + took.toMillis() + " ms after the scrape");
      assertTrue(
          took.toMillis() <= 2 * 1000 * MonitoringStack.EVALUATION_SECONDS,
          "two evaluations: " + took);

      Await.until(
          UNTIL_RESOLVED,
          () -> !of(stack, "resolved").isEmpty(),
          () -> "the alert is not taken back: " + stack.describe());
      assertTrue(clean.isAlive(), "while another device goes on");
      keep("webhook-firing.json", of(stack, "firing").get(0));
      keep("webhook-resolved.json", of(stack, "resolved").get(0));
      assertRulesWork(prometheus);
      assertEveryPanelShowsSomething(prometheus);
      clean.stop();
      assertEquals(0, clean.await().whole("dropped_records"));
      // Only a sample of the records was compared bit by bit, so assertExact does not apply.
      Law.assertBalanced(daemon.session("clean"));
    }
  }

  /** The generation that never waits, at full speed with the fewest buffers. */
  private static final String[] OVERRUN = {
    "--device",
    "1",
    "--layout",
    "l2-2026.06/a2a3",
    "--rate",
    "0",
    "--buffers",
    "3,3,3,3",
    "--duration-ns",
    "1500000000"
  };

  /** The generation that waits for the host, so that a busy machine cannot make it drop. */
  private static TestProducer blocking(
      TestDaemon daemon, String name, String device, String rate, String nanos) throws IOException {
    return daemon.producer(
        name,
        "--device",
        device,
        "--layout",
        "chip-2026.08/a2a3",
        "--rate",
        rate,
        "--duration-ns",
        nanos);
  }

  private static boolean isScraped(DashboardData prometheus) throws InterruptedException {
    try {
      return !prometheus.query("up{job=\"sluice\"} == 1").isEmpty();
    } catch (IOException notUpYet) {
      return false;
    }
  }

  /** Returns the notifications about the alert in this state. */
  private static List<MonitoringStack.Message> of(MonitoringStack stack, String state)
      throws IOException {
    List<MonitoringStack.Message> found = new ArrayList<>();
    for (MonitoringStack.Message message : stack.messages()) {
      Map<String, Object> json = JSON.std.mapFrom(message.json());
      Map<?, ?> labels = (Map<?, ?>) json.get("groupLabels");
      if (ALERT.equals(labels.get("alertname")) && state.equals(json.get("status"))) {
        found.add(message);
      }
    }
    return found;
  }

  private static Instant firstSampleAboveZero(DashboardData prometheus) throws Exception {
    double first = Double.MAX_VALUE;
    for (Map<String, Object> series : prometheus.query(DROPS + "[60s]")) {
      for (Object sample : (List<?>) series.get("values")) {
        List<?> pair = (List<?>) sample;
        if (Double.parseDouble((String) pair.get(1)) > 0) {
          first = Math.min(first, ((Number) pair.get(0)).doubleValue());
        }
      }
    }
    return Instant.ofEpochMilli((long) (first * 1000));
  }

  private static void keep(String name, MonitoringStack.Message message) throws IOException {
    Files.createDirectories(TARGET);
    String pretty =
        JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(JSON.std.mapFrom(message.json()));
    Files.writeString(TARGET.resolve(name), pretty + "\n");
  }

  private static void assertRulesWork(DashboardData prometheus) throws Exception {
    Map<?, ?> rules = (Map<?, ?>) prometheus.get("/api/v1/rules");
    int count = 0;
    for (Object group : (List<?>) rules.get("groups")) {
      for (Object each : (List<?>) ((Map<?, ?>) group).get("rules")) {
        Map<?, ?> rule = (Map<?, ?>) each;
        assertEquals("ok", rule.get("health"), () -> rule.toString());
        if ("recording".equals(rule.get("type"))) {
          String name = (String) rule.get("name");
          assertFalse(prometheus.query(name).isEmpty(), name);
        }
        count++;
      }
    }
    assertTrue(count > 20, count + " rules");
  }

  private static void assertEveryPanelShowsSomething(DashboardData prometheus) throws Exception {
    List<String> empty = new ArrayList<>();
    Path pictures =
        Boolean.getBoolean("sluice.docs.write")
            ? Path.of(System.getProperty("basedir", "."), "..", "docs", "images")
            : TARGET;
    Files.createDirectories(TARGET);
    Files.createDirectories(pictures);
    for (Dashboard dashboard : Dashboards.all()) {
      Map<String, Object> data = prometheus.of(dashboard, 60, empty);
      Path page = DashboardPicture.page(TARGET, dashboard, data);
      Path picture =
          pictures.resolve("dashboard-" + dashboard.uid().replace("sluice-", "") + ".png");
      if (DashboardPicture.photograph(page, dashboard, picture.toAbsolutePath().normalize())) {
        assertTrue(Files.size(picture) > 10_000, picture + " is empty");
      }
    }
    assertEquals(List.of(), empty, "expressions without a series");
    for (String annotation : Dashboards.annotations()) {
      prometheus.range(prometheus.concrete(annotation), 60);
    }
  }
}
