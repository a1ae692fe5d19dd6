package dev.sluice.service.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.MetricsSettings;
import dev.sluice.monitoring.Deploy;
import dev.sluice.service.FakeView;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.Labels;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, types, labels and help texts of the scrape are an interface: compares the whole text. */
class ScrapeTextTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("basedir", "."), "src/test/resources/dev/sluice/service/metrics");

  private final LogEvents logEvents = new LogEvents();
  private final MetricsRegistry metrics = registry(false);
  private final MetricsRegistry detailed = registry(true);

  private MetricsRegistry registry(boolean detail) {
    return new MetricsRegistry(
        new FakeView(), new MetricsSettings(detail), new HttpTraffic(), logEvents);
  }

  @AfterEach
  void close() {
    metrics.close();
    detailed.close();
  }

  private static String scrape(MetricsRegistry metrics) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(text, metrics.registry().scrape());
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldExportExactlyThis() throws IOException {
    logEvents.warnings.add(3);
    logEvents.errors.add(1);
    assertIs("scrape.txt", metrics);
    assertIs("scrape-detail.txt", detailed);
  }

  private static void assertIs(String file, MetricsRegistry metrics) throws IOException {
    Path golden = FOLDER.resolve(file);
    String ours =
        scrape(metrics)
            .lines()
            .filter(line -> line.contains("sluice_"))
            .collect(Collectors.joining("\n", "", "\n"));
    if (Boolean.getBoolean("sluice.docs.write")) {
      Files.createDirectories(FOLDER);
      Files.writeString(golden, ours);
    }
    assertEquals(
        Files.readString(golden),
        ours,
        "the scrape has changed, and with it an interface; if that is meant, regenerate the"
            + " expectation with -Dsluice.docs.write=true and read the difference");
  }

  @Test
  void shouldExportEveryDeclaredMetric() throws IOException {
    String text = scrape(detailed);
    for (Metric metric : Metric.values()) {
      assertTrue(
          text.contains("# TYPE " + metric.exposedName() + " "), metric + " is not in the scrape");
    }
  }

  @Test
  void shouldExportJvmAndProcessMetricsWithoutAnyLeftOut() throws IOException {
    String text = scrape(metrics);
    for (String name :
        List.of(
            "jvm_memory_used_bytes",
            "jvm_threads_live_threads",
            "jvm_info",
            "process_open_fds",
            "process_max_fds",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
            "process_start_time_seconds")) {
      assertTrue(text.contains("# TYPE " + name + " gauge"), name);
    }
    assertTrue(text.contains("# TYPE process_cpu_seconds_total counter"));
    for (String name : Deploy.PROCESS_METRICS) {
      assertTrue(text.contains("# TYPE " + name + " "), name + ", which deploy/ uses");
    }
    assertFalse(text.contains("process_uptime_seconds"), "an age");
    assertFalse(text.contains("\nsystem_"), "the machine's metrics are node_exporter's");
    assertEquals(List.of(), metrics.registrationFailures());
  }

  @Test
  void shouldExportNoNotANumberAndStaySmall() throws IOException {
    List<String> samples = samples(metrics);
    for (String line : samples(detailed)) {
      assertFalse(line.startsWith("sluice_") && line.endsWith(" NaN"), line);
    }
    // 4 kinds x (3 causes + 3 states + 7) + inferred + never started + histograms of 13 and 10 + 5
    // reasons + 4
    // stalls
    // + 4 ceilings + 5, 3 for each queue, and for each type of core 3 + 2 x 6 histogram.
    long perDevice = samples.stream().filter(line -> line.contains("device=\"3\"")).count();
    assertTrue(perDevice <= 100 + 32, perDevice + " series of one device");
  }

  private static List<String> samples(MetricsRegistry metrics) throws IOException {
    return scrape(metrics).lines().filter(line -> !line.startsWith("#")).toList();
  }

  @Test
  void shouldSumUpTheSameAtBothResolutions() throws IOException {
    List<String> coarse = samples(metrics);
    List<String> fine = samples(detailed);
    for (Metric metric : Metric.values()) {
      if (metric == Metric.IN_FLIGHT_RECORDS || metric == Metric.BUILD_INFO) {
        continue;
      }
      String name = metric.exposedName() + (metric.type() == Metric.Type.HISTOGRAM ? "_count" : "");
      assertEquals(sum(fine, name), sum(coarse, name), 1e-6, name);
    }
  }

  private static double sum(List<String> samples, String name) {
    return samples.stream()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void shouldShowACauseOutOfTheOrdinaryOnceItCounted() {
    for (String cause : Labels.DROP_CAUSES) {
      assertTrue(Resolution.COARSE.causes("sched_phase", Map.of(cause, 1L)).contains(cause));
    }
    assertEquals(
        Map.of("free", 5L, "free_queue", 4L, "in_use", 6L, "retired", 1L),
        Resolution.COARSE.buffers(
            Map.of(
                "free",
                5L,
                "free_queue",
                4L,
                "device",
                3L,
                "ready",
                2L,
                "collecting",
                1L,
                "retired",
                1L)));
    Map<String, Long> each =
        Labels.ABI_VIOLATIONS.stream().collect(Collectors.toMap(reason -> reason, reason -> 1L));
    assertEquals(
        Map.of("entry", 3L, "pointer", 6L, "count", 5L, "sequence", 2L, "layout", 1L),
        Resolution.COARSE.violations(each));
    assertEquals(each, Resolution.FINE.violations(each));
  }

  @Test
  void shouldUseBaseUnitsAndTheRightSuffixes() {
    for (Metric metric : Metric.values()) {
      String name = metric.exposedName();
      assertEquals(metric.type() == Metric.Type.COUNTER, name.endsWith("_total"), name);
      assertFalse(name.matches(".*_(ms|us|ns|mb|percent)(_.*)?"), name);
      assertTrue(metric.help().endsWith("."), name);
      Set<String> reserved = new TreeSet<>(Set.of("type", "job", "instance", "service", "host"));
      reserved.retainAll(metric.labels());
      assertEquals(Set.of(), reserved, name);
    }
  }

  @Test
  void shouldPassPromtool(@TempDir Path directory) throws Exception {
    Path promtool =
        Arrays.stream(System.getenv("PATH").split(":", -1))
            .map(folder -> Path.of(folder, "promtool"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(null);
    Assumptions.assumeTrue(
        promtool != null, "promtool is not installed (Debian package prometheus); not checked");
    Path input = Files.writeString(directory.resolve("scrape.txt"), scrape(metrics));
    Path output = directory.resolve("out.txt");
    Process process =
        new ProcessBuilder(promtool.toString(), "check", "metrics")
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), Files.readString(output));
  }
}
