package dev.sluice.service.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.FakeView;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The names, types, labels and help of the scrape are an interface: the whole text is compared. */
class ScrapeTextTest {
  private static final Path GOLDEN =
      Path.of(
          System.getProperty("basedir", "."),
          "src/test/resources/dev/sluice/service/metrics/scrape.txt");

  private final LogEvents logEvents = new LogEvents();
  private final MetricsRegistry metrics = new MetricsRegistry(new FakeView(), logEvents);

  @AfterEach
  void close() {
    metrics.close();
  }

  private String scrape() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(text, metrics.registry().scrape());
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldExportExactlyThis() throws IOException {
    logEvents.warnings.add(3);
    logEvents.errors.add(1);
    String ours =
        scrape()
            .lines()
            .filter(line -> line.contains("sluice_"))
            .collect(Collectors.joining("\n", "", "\n"));
    if (Boolean.getBoolean("sluice.docs.write")) {
      Files.createDirectories(GOLDEN.getParent());
      Files.writeString(GOLDEN, ours);
    }
    assertEquals(
        Files.readString(GOLDEN),
        ours,
        "the scrape has changed, and with it an interface; if that is meant, write the expectation"
            + " anew with -Dsluice.docs.write=true and read the difference");
  }

  @Test
  void shouldExportEveryDeclaredMetric() throws IOException {
    String text = scrape();
    for (Metric metric : Metric.values()) {
      assertTrue(
          text.contains("# TYPE " + metric.exposedName() + " "), metric + " is not in the scrape");
    }
  }

  @Test
  void shouldExportJvmAndProcessMetricsWithoutAnyLeftOut() throws IOException {
    String text = scrape();
    for (String name :
        List.of(
            "jvm_memory_used_bytes",
            "jvm_threads_live_threads",
            "jvm_info",
            "process_files_open_files",
            "process_start_time_seconds")) {
      assertTrue(text.contains("# TYPE " + name + " gauge"), name);
    }
    assertTrue(text.contains("# TYPE process_cpu_seconds_total counter"));
    assertFalse(text.contains("process_uptime_seconds"), "an age");
    assertFalse(text.contains("\nsystem_"), "the machine's metrics are node_exporter's");
    assertEquals(List.of(), metrics.registrationFailures());
  }

  @Test
  void shouldExportNoNotANumberAndStaySmall() throws IOException {
    List<String> samples = scrape().lines().filter(line -> !line.startsWith("#")).toList();
    List<String> notNumbers =
        samples.stream()
            .filter(line -> line.startsWith("sluice_") && line.endsWith(" NaN"))
            .toList();
    assertEquals(List.of(), notNumbers);
    // 4 kinds x (16 histogram + 6 causes + 6 states + 8) + 12 reasons + 16 histogram + 8 + queues.
    long perDevice = samples.stream().filter(line -> line.contains("device=\"3\"")).count();
    assertTrue(perDevice <= 190, perDevice + " series of one device");
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
    Path input = Files.writeString(directory.resolve("scrape.txt"), scrape());
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
