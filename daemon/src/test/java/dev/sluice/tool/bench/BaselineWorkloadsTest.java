package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.bridge.NativeTools;
import dev.sluice.tool.FakeDaemon;
import dev.sluice.tool.Json;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.bench.BaselineWorkloads.Host;
import dev.sluice.tool.bench.BaselineWorkloads.Run;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BaselineWorkloadsTest {
  private static final Load LOAD =
      Load.of(Load.NEWEST, 4, 1, 2).withRate(50_000_000).withDuration(50_000_000);

  @TempDir private Path folder;

  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private final Runs runs = new Runs(daemon, Map.of(), stopSignal, "bench", unused -> {});

  /** The newest generation blocks, so nothing is lost however busy the machine is. */
  @ParameterizedTest
  @EnumSource
  void shouldServeTheProducer(Host host) throws Exception {
    try (runs) {
      Run run = run(host.arguments(folder.resolve("records")));
      long collected = Json.whole(run.baseline(), "collected_records");
      assertTrue(collected > 0);
      assertEquals(Json.whole(run.producer(), "produced_records"), collected);
      assertEquals(
          Json.real(run.producer(), "bytes_per_second"), run.outcome().offeredBytesPerSecond());
      assertEquals(host == Host.FLOOR_FILE, Files.exists(folder.resolve("records")));
    }
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldSayWhyTheBaselineDoesNotStart() {
    ToolException e =
        assertThrows(ToolException.class, () -> run(List.of("floor", "--file", folder.toString())));
    assertTrue(e.getMessage().startsWith("sluice-baseline: " + folder), e.getMessage());
  }

  @Test
  void shouldNotStartAfterAStopSignal() {
    stopSignal.request();
    assertThrows(ToolException.class, () -> run(List.of("floor")));
  }

  @Test
  void shouldHaveNoWorkloadsWhereTheProgramWasNotBuilt() {
    String path = System.getProperty(NativeTools.PATH_PROPERTY);
    System.setProperty(NativeTools.PATH_PROPERTY, folder.toString());
    try {
      assertEquals(List.of(), BaselineWorkloads.of("chip-2026.09-24x1", LOAD, Host.values()));
    } finally {
      System.setProperty(NativeTools.PATH_PROPERTY, path);
    }
    assertEquals(
        Host.values().length,
        BaselineWorkloads.of("chip-2026.09-24x1", LOAD, Host.values()).size());
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

  /** Returns a run of one thread for two seconds with 1000 records of 32 bytes. */
  private static Run run(long dropped, long aicoreLost, long collected, double stalled) {
    return new Run(
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

  private Run run(List<String> arguments) throws ToolException, IOException {
    Bench bench = new Bench(runs, Map.of(), ProgressLine.onStandardError(), 1, true, "a workload");
    return BaselineWorkloads.run(bench, LOAD, NativeTools.find("sluice-baseline"), arguments);
  }
}
