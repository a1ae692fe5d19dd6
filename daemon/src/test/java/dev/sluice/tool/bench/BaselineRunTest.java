package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.FakeDaemon;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BaselineRunTest {
  private static final Load LOAD =
      Load.of(Load.G3, 4, 1, 2).withRate(50_000_000).withDuration(50_000_000);

  @TempDir private Path folder;

  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();

  /** The newest generation blocks, so that nothing is lost on however busy a machine. */
  @ParameterizedTest
  @EnumSource
  void shouldServeTheProducer(Baseline baseline) throws ToolException {
    try (Bench bench = bench()) {
      BaselineRun run = bench.run(LOAD, baseline.arguments(folder.resolve("records")));
      long collected = Json.whole(run.baseline(), "collected_records");
      assertTrue(collected > 0);
      assertEquals(Json.whole(run.producer(), "produced_records"), collected);
      assertEquals(
          Json.real(run.producer(), "bytes_per_second"), run.outcome().offeredBytesPerSecond());
      assertEquals(baseline == Baseline.FLOOR_FILE, Files.exists(folder.resolve("records")));
    }
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldSayWhyTheBaselineDoesNotStart() {
    try (Bench bench = bench()) {
      ToolException e =
          assertThrows(
              ToolException.class,
              () -> bench.run(LOAD, List.of("floor", "--file", folder.toString())));
      assertTrue(e.getMessage().startsWith("sluice-baseline: " + folder), e.getMessage());
    }
  }

  @Test
  void shouldNotStartAfterAStopSignal() {
    stopSignal.request();
    try (Bench bench = bench()) {
      assertThrows(ToolException.class, () -> bench.run(LOAD, List.of("floor")));
    }
  }

  @Test
  void shouldBeCleanOnlyIfEverythingArrivedAndHardlyAnythingWaited() throws ToolException {
    assertTrue(run(0, 0, 1000, 0.019).outcome().isClean());
    assertFalse(run(1, 0, 999, 0).outcome().isClean(), "dropped");
    assertFalse(run(0, 1, 999, 0).outcome().isClean(), "lost by an AICore");
    assertFalse(run(0, 0, 999, 0).outcome().isClean(), "not collected");
    assertFalse(run(0, 0, 1000, 0.02).outcome().isClean(), "waited");
  }

  @Test
  void shouldCountWhatArrivedPerSecondOfTheDevice() throws ToolException {
    CleanRateSearch.Outcome outcome = run(500, 0, 500, 0).outcome();
    assertEquals(16_000, outcome.offeredBytesPerSecond());
    assertEquals(8_000, outcome.collectedBytesPerSecond());
  }

  /** One thread for two seconds, 1000 records of 32 bytes. */
  private static BaselineRun run(long dropped, long aicoreLost, long collected, double stalled) {
    return new BaselineRun(
        Map.of("collected_records", collected, "collected_bytes", 32 * collected),
        Map.of(
            "produced_records",
            1000,
            "dropped_records",
            dropped,
            "aicore_lost",
            aicoreLost,
            "duration_seconds",
            2.0,
            "bytes_per_second",
            16_000,
            "stall_seconds",
            stalled),
        1);
  }

  private Bench bench() {
    return new Bench(daemon, Map.of(), stopSignal, ProgressLine.onStandardError(), 1, true);
  }
}
