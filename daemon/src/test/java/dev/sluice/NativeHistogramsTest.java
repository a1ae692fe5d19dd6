package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.monitoring.Dashboard;
import dev.sluice.monitoring.DashboardData;
import dev.sluice.monitoring.Dashboards;
import dev.sluice.monitoring.Panel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Latency rules and panels on a real Prometheus, which stores either the classic buckets of a
 * histogram or, with the feature enabled, the native ones.
 */
@Tag("observe")
@ExtendWith(FailureDump.class)
@Timeout(120)
class NativeHistogramsTest {
  private static final long PAUSE_NANOS = 300_000_000;

  @ParameterizedTest
  @ValueSource(strings = {"", "native-histograms"})
  void shouldShowLatenciesOfEitherForm(String feature, @TempDir Path folder) throws Exception {
    String[] features = feature.isEmpty() ? new String[0] : new String[] {feature};
    try (TestDaemon daemon = TestDaemon.start();
        MonitoringStack stack = MonitoringStack.start(folder, daemon.httpPort(), features);
        TestProducer producer =
            daemon.producer("busy", "--rate", "20000000", "--duration-ns", "90000000000")) {
      DashboardData prometheus = new DashboardData(stack.prometheus(), 5, 60);
      daemon.await("busy", session -> session.state().equals("running"));
      Await.until(
          Duration.ofSeconds(60),
          () -> isFiring(prometheus, "SluiceDrainPaused") || hasPaused(daemon),
          () -> "no alert about the pauses: " + stack.describe());
      assertEquals(
          !feature.isEmpty(),
          prometheus.query("sluice_drain_pause_seconds_bucket").isEmpty(),
          "the form");
      List<String> latencies = latencies(prometheus);
      assertTrue(latencies.size() >= 8, latencies.size() + " expressions");
      for (String expression : latencies) {
        Await.until(
            Duration.ofSeconds(20),
            () -> !prometheus.query(expression).isEmpty(),
            () -> "no series: " + expression);
      }
      producer.stop();
      producer.await();
    }
  }

  /**
   * Returns the histogram queries of rules and panels; without those of tasks, which are counted
   * only while a capture is written.
   */
  private static List<String> latencies(DashboardData prometheus) {
    List<String> expressions =
        new ArrayList<>(
            List.of(
                "instance_device:sluice_refill_latency_seconds:ratio_above_10ms_rate5m",
                "instance_device:sluice_refill_latency_seconds:p99_rate5m"));
    for (Dashboard dashboard : Dashboards.all()) {
      for (Panel panel : dashboard.panels()) {
        for (Panel.Target target : panel.targets()) {
          if (target.expr().contains("histogram_quantile") && !target.expr().contains("_task_")) {
            expressions.add(prometheus.concrete(target.expr()));
          }
        }
      }
    }
    return expressions;
  }

  /** Stalls the drain agent for longer than the alert allows. */
  private static boolean hasPaused(TestDaemon daemon) {
    AgentBlock block = daemon.block("drain");
    LockSupport.parkNanos(PAUSE_NANOS);
    block.release();
    return false;
  }

  private static boolean isFiring(DashboardData prometheus, String alert)
      throws InterruptedException {
    try {
      return !prometheus
          .query("ALERTS{alertname=\"" + alert + "\",alertstate=\"firing\"}")
          .isEmpty();
    } catch (IOException notUpYet) {
      return false;
    }
  }
}
