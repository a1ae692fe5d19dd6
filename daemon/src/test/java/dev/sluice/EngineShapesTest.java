package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The books are exact for every threading model, shard count and ring size. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class EngineShapesTest {
  private static final List<String> GENERATIONS =
      List.of("l2-2026.06/a2a3", "l2-2026.07/a5", "chip-2026.08/a2a3");

  @ParameterizedTest
  @CsvSource({
    "sluice.threading=dedicated",
    "sluice.threading=shared",
    "sluice.threading=inline",
    "sluice.threading=dedicated sluice.collector.shards=3 sluice.drain.groups=2",
    "sluice.threading=shared sluice.collector.shards=2 sluice.drain.groups=4",
    "sluice.threading=inline sluice.collector.shards=2 sluice.drain.groups=3",
    // Rings that are always full: backpressure must reach the device without loss.
    "sluice.threading=dedicated sluice.drain.handoff-entries=1 sluice.drain.batch-entries=1",
    "sluice.threading=shared sluice.drain.handoff-entries=2 sluice.collector.shards=2",
    "sluice.refill.freeze=cycle sluice.refill.sweep-interval=100us",
  })
  void shouldKeepExactBooks(String settings) throws Exception {
    try (TestDaemon daemon = TestDaemon.start(settings.split(" "))) {
      for (String layout : GENERATIONS) {
        TestProducer.Report steady =
            daemon.run(
                layout, "--layout", layout, "--rate", "60000000", "--duration-ns", "100000000");
        Law.assertExact(daemon.session(layout), steady);
        String flood = "flood " + layout;
        TestProducer.Report device =
            daemon.run(flood, "--layout", layout, "--duration-ns", "100000000");
        Law.assertExact(daemon.session(flood), device);
      }
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
      for (SessionView session : daemon.sessions()) {
        double waited = session.longestRefillSeconds();
        assertTrue(waited < 10, () -> "a refill of " + waited + " s in a run of 0.1 s");
      }
    }
  }

  /** One session, several runs: settled one by one, or each ended while the next is running. */
  @ParameterizedTest
  @CsvSource({
    "l2-2026.07/a5, --runs 3",
    "chip-2026.09/a2a3, --runs 3",
    "chip-2026.09/a2a3, --runs 3 --overlap",
    "chip-2026.09/a5, --runs 20 --overlap --tasks 3000",
  })
  void shouldKeepTheRunsOfASessionApart(String layout, String runs) throws Exception {
    for (String mode : List.of("dedicated", "inline")) {
      try (TestDaemon daemon = TestDaemon.start("sluice.threading=" + mode)) {
        List<String> arguments = new ArrayList<>(List.of("--layout", layout, "--rate", "60000000"));
        if (!runs.contains("--tasks")) {
          arguments.addAll(List.of("--duration-ns", "100000000"));
        }
        arguments.addAll(List.of(runs.split(" ")));
        TestProducer.Report device = daemon.run("runs", arguments.toArray(String[]::new));
        Law.assertExact(daemon.session("runs"), device);
        assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
      }
    }
  }
}
