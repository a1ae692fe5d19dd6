package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.service.Labels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the metrics of a working daemon with its session's books. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class MetricsEndToEndTest {
  private static final List<String> USUAL_CAUSES =
      List.of("host_late", "pool_exhausted", "ready_queue_full");
  private static final List<String> FOLDED_VIOLATIONS =
      List.of("entry", "pointer", "count", "sequence");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldHaveEverySeriesFromAttachOnAndCountLikeTheSession(boolean detail) throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.metrics.detail=" + detail)) {
      Set<String> atAttach;
      try (RawAttach client = new RawAttach(daemon)) {
        byte[] token = RawAttach.token(client.ask(RawAttach.attach("quiet")));
        client.skipDescriptor();
        String scrape = daemon.get("/metrics");
        for (String sample : knownFromAttach(detail)) {
          assertTrue(scrape.lines().anyMatch(line -> line.equals(sample + " 0.0")), sample);
        }
        atAttach = sluiceSeries(scrape);
        client.ask(RawAttach.message(RawAttach.DETACH, token));
      }
      TestProducer.Report device =
          daemon.run("busy", "--rate", "60000000", "--duration-ns", "200000000");
      SessionView session = daemon.session("busy");
      Law.assertExact(session, device);
      for (String kind : Labels.KINDS) {
        String labels = "{device=\"0\",kind=\"" + kind + "\"}";
        assertEquals(
            session.kind(kind).produced(), daemon.metric("sluice_device_records_total" + labels));
        assertEquals(
            session.kind(kind).collected(),
            daemon.metric("sluice_collected_records_total" + labels));
        assertEquals(0, daemon.metric("sluice_unaccounted_records" + labels));
      }
      Set<String> born = new TreeSet<>(sluiceSeries(daemon.get("/metrics")));
      born.removeAll(atAttach);
      assertEquals(Set.of(), born, "series that were not there at attach");
    }
  }

  @Test
  void shouldSatisfyPromtoolDuringARun() throws Exception {
    Assumptions.assumeTrue(isOnPath("promtool"), "promtool is not installed");
    try (TestDaemon daemon = TestDaemon.start();
        TestProducer producer =
            daemon.producer("scraped", "--rate", "60000000", "--duration-ns", "60000000000")) {
      daemon.await("scraped", session -> session.total().collected() > 0);
      Path scrape = Files.createTempFile("sluice-scrape-", ".txt");
      try {
        Files.writeString(scrape, daemon.get("/metrics"));
        Process promtool =
            new ProcessBuilder("promtool", "check", "metrics")
                .redirectInput(scrape.toFile())
                .redirectErrorStream(true)
                .start();
        String complaints =
            new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, promtool.waitFor(), complaints);
        assertEquals("", complaints);
      } finally {
        Files.delete(scrape);
      }
      producer.stop();
      TestProducer.Report device = producer.await();
      Law.assertExact(daemon.session("scraped"), device);
    }
  }

  /** Samples that must exist at 0, so that an alert sees the first increment. */
  private static List<String> knownFromAttach(boolean detail) {
    List<String> samples = new ArrayList<>();
    for (String kind : Labels.KINDS) {
      String kindLabel = "device=\"0\",kind=\"" + kind + "\"";
      samples.add("sluice_device_records_total{" + kindLabel + "}");
      samples.add("sluice_collected_records_total{" + kindLabel + "}");
      samples.add("sluice_collected_bytes_total{" + kindLabel + "}");
      samples.add("sluice_salvaged_records_total{" + kindLabel + "}");
      samples.add("sluice_unaccounted_records{" + kindLabel + "}");
      for (String cause : detail ? Labels.DROP_CAUSES : USUAL_CAUSES) {
        samples.add(
            "sluice_device_dropped_records_total{cause=\"" + cause + "\"," + kindLabel + "}");
      }
    }
    for (String reason : detail ? Labels.ABI_VIOLATIONS : FOLDED_VIOLATIONS) {
      samples.add("sluice_abi_violations_total{device=\"0\",reason=\"" + reason + "\"}");
    }
    return samples;
  }

  /** Names and labels of Sluice's own series; histogram buckets appear as they are filled. */
  private static Set<String> sluiceSeries(String scrape) {
    return scrape
        .lines()
        .filter(line -> line.startsWith("sluice_") && !line.contains("_bucket{"))
        .map(line -> line.substring(0, line.lastIndexOf(' ')))
        .filter(line -> !line.contains("agent="))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isOnPath(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }
}
