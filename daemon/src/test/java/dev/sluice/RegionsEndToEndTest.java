package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.PmuEvents;
import dev.sluice.abi.PmuRecord;
import dev.sluice.abi.Region;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.ExportSummary;
import dev.sluice.output.export.Exporter;
import dev.sluice.testkit.SyntheticRecords;
import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PMU and scope statistics, from the producer's memory to the files that the runtime writes. */
@Timeout(120)
class RegionsEndToEndTest {
  private static final int CORES = 6;

  @TempDir private Path folder;

  private TestDaemon daemon() {
    return TestDaemon.start(
        "sluice.capture.enabled=true",
        "sluice.capture.directory=" + folder.resolve("captures"),
        "sluice.capture.stage-bytes=16MiB",
        "sluice.capture.segment-bytes=4MiB");
  }

  @ParameterizedTest
  @CsvSource({"a2a3, 4, 0", "a2a3, 2, 4", "a5, 4, 7"})
  void shouldBringEveryRecordToTheRuntimesOwnFiles(String platform, int level, int events)
      throws Exception {
    String layout = "chip-2026.09/" + platform;
    try (TestDaemon daemon = daemon()) {
      TestProducer.Report device =
          daemon.run(
              "regions",
              "--layout",
              layout,
              "--regions",
              "pmu,scope_stats",
              "--pmu-events",
              Integer.toString(events),
              "--cores",
              Integer.toString(CORES),
              "--aicpu-threads",
              "2",
              "--level",
              Integer.toString(level),
              "--rate",
              "40000000",
              "--duration-ns",
              "300000000");
      SessionView session = daemon.session("regions");
      Law.assertExact(session, device);
      for (String kind : List.of("pmu", "scope_stats")) {
        assertTrue(device.kind(kind, "produced") > 1000, device::output);
        assertEquals(device.kind(kind, "produced"), session.kind(kind).produced());
        assertEquals(0, session.kind(kind).unaccounted());
        assertEquals(device.kind(kind, "dropped"), session.kind(kind).droppedByDevice());
      }
      Path capture = Path.of(Json.text(Json.object(session.json(), "capture"), "directory"));
      try (CaptureReader reader = CaptureReader.open(capture)) {
        CaptureVerifier.Result result = CaptureVerifier.verify(reader);
        assertEquals(List.of(), result.damages());
        assertEquals(
            result.records().stream().mapToLong(Long::longValue).sum(), result.comparedRecords());
        assertEquals(
            session.kind("pmu").collected(), result.records().get(BufferKind.PMU.ordinal()));
      }
      int type = events == 0 ? PmuEvents.DEFAULT : events;
      expectsPmu(capture, Layout.parse(layout), type, device.kind("pmu", "produced"));
      expectsScopes(capture, device.kind("scope_stats", "produced"));
    }
  }

  private Path export(Path capture, ExportFormat format, long records) throws Exception {
    Path output = Files.createDirectories(folder.resolve(format.id()));
    try (CaptureSource source = CaptureSource.open(capture)) {
      Exporter exporter = new Exporter(List.of(source), ExportRequest.of(format), more -> {});
      assertEquals(records, exporter.totalRecords());
      ExportSummary summary = exporter.toFile(output, false);
      assertEquals(records, summary.records());
      return exporter.fileOf(output);
    }
  }

  private void expectsPmu(Path capture, Layout layout, int type, long records) throws Exception {
    List<String> lines = Files.readAllLines(export(capture, ExportFormat.PMU_CSV, records));
    List<String> names = PmuEvents.names(layout.platform(), type);
    StringBuilder header =
        new StringBuilder("thread_id,core_id,task_id,func_id,core_type,pmu_total_cycles,");
    names.stream().filter(name -> !name.isEmpty()).forEach(name -> header.append(name).append(','));
    assertEquals(header + "event_type", lines.get(0));
    assertEquals(records, lines.size() - 1);

    Geometry geometry = new Geometry(layout, CORES, 2, 1, 4);
    SyntheticRecords content = new SyntheticRecords(geometry, 1, 1, 1);
    ByteBuffer record = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    long[] next = new long[CORES];
    for (String line : lines.subList(1, lines.size())) {
      int core = Integer.parseInt(line.split(",", -1)[1]);
      content.write(BufferKind.PMU, core, next[core]++, record, 0);
      StringBuilder expected =
          new StringBuilder(
              String.format(
                  Locale.ROOT,
                  "%d,%d,0x%016x,%d,%d,%d,",
                  core % 2,
                  core,
                  record.getLong(0),
                  record.getInt(PmuRecord.FUNC_ID_OFFSET),
                  core < CORES / 3 ? 0 : 1,
                  record.getLong(PmuRecord.PMU_TOTAL_CYCLES_OFFSET)));
      for (int i = 0; i < names.size(); i++) {
        if (!names.get(i).isEmpty()) {
          expected.append(record.getInt(PmuRecord.COUNTERS_OFFSET + 4 * i)).append(',');
        }
      }
      assertEquals(expected.append(type).toString(), line);
    }
  }

  private void expectsScopes(Path capture, long records) throws Exception {
    List<String> lines =
        Files.readAllLines(export(capture, ExportFormat.SCOPE_STATS_JSONL, records));
    assertEquals(
        "{\"version\":6,\"fatal\":false,\"dropped\":0,\"total\":"
            + records
            + ",\"task_window_max\":[1024,2048,4096,8192],"
            + "\"heap_max\":[1048576,2097152,4194304,8388608],"
            + "\"dep_pool_max\":[2048,4096,8192,16384],\"tensormap_max\":4096}",
        lines.get(0));
    assertEquals(records, lines.size() - 1);
    for (int i = 0; i < records; i++) {
      Map<String, Object> line = Json.parse(lines.get(i + 1), "the file");
      assertEquals("scope_" + i / 2 % 10 + ".cpp:" + (100 + i / 2 % 1000), line.get("site"));
      assertEquals(i % 2 == 0 ? "begin" : "end", line.get("phase"));
      assertEquals(4096L * i, Json.whole(line, "heap_start"));
      assertEquals(i, Json.whole(line, "task_window_start"));
      assertEquals(2L * i, Json.whole(line, "dep_pool_start"));
      assertEquals(i / 2 % 64, Json.whole(line, "depth"));
      assertEquals(i / 2 % 4, Json.whole(line, "ring"));
    }
  }

  /**
   * Sequence numbers and counts restart with each run, also in the regions next to the swimlane.
   */
  @Test
  void shouldServeSeveralRunsOneAfterTheOther() throws Exception {
    try (TestDaemon daemon = daemon()) {
      TestProducer.Report device =
          daemon.run(
              "runs",
              "--regions",
              "pmu,scope_stats",
              "--cores",
              "3",
              "--aicpu-threads",
              "1",
              "--runs",
              "3",
              "--tasks",
              "20000");
      SessionView session = daemon.session("runs");
      Law.assertExact(session, device);
      assertEquals(60_000, session.kind("pmu").collected());
      Path capture = Path.of(Json.text(Json.object(session.json(), "capture"), "directory"));
      try (CaptureReader reader = CaptureReader.open(capture)) {
        CaptureVerifier.Result result = CaptureVerifier.verify(reader);
        assertEquals(List.of(), result.damages());
        assertTrue(reader.manifest().geometry().has(Region.PMU));
      }
      try (CaptureSource second = CaptureSource.open(capture, 2)) {
        ExportRequest request = ExportRequest.of(ExportFormat.PMU_CSV);
        assertEquals(20_000, new Exporter(List.of(second), request, more -> {}).totalRecords());
      }
    }
  }

  /** A device waits up to 30 s for an empty buffer; the guard prevents that. */
  @Test
  void shouldNotStallADeviceWhoseDaemonIsKilled() throws Exception {
    try (DaemonProcess daemon = DaemonProcess.start("", folder).awaitReady();
        TestProducer producer =
            TestProducer.start(
                folder.resolve("attach.sock"),
                "guarded",
                List.of(
                    "--regions",
                    "pmu,scope_stats",
                    "--cores",
                    "3",
                    "--aicpu-threads",
                    "1",
                    "--rate",
                    "20000000",
                    "--duration-ns",
                    "4000000000",
                    "--guard-ms",
                    "50"))) {
      Await.until(() -> daemon.output().contains(", http "), daemon::output);
      DaemonClient client = DaemonClient.onPort(GuardEndToEndTest.port(daemon.output()));
      Await.until(
          () ->
              client.sessions().stream()
                  .anyMatch(session -> session.total().collectedRecords() > 0),
          daemon::output);
      daemon.kill();
      TestProducer.Report report = producer.await();
      String all = report.output() + report.errors();
      assertTrue(report.errors().contains("the daemon is gone; the guard counted"), all);
      assertTrue(report.json().get("duration_seconds") instanceof Double d && d < 20, all);
      Map<String, Long> lost = Json.counts(Json.object(report.json(), "guard"), "lost_records");
      assertTrue(lost.get("pmu") > 0, all);
      assertTrue(lost.get("scope_stats") > 0, all);
      assertEquals(0, report.kind("pmu", "dropped"), all);
    }
  }
}
