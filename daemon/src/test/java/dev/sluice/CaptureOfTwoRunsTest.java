package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.config.BufferCounts;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.MappedMemory;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.output.capture.FrameType;
import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportMonitor;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.ExportSummary;
import dev.sluice.output.export.Exporter;
import dev.sluice.session.run.PlayedDevice;
import dev.sluice.tool.Json;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One producer makes two runs in one session: START, RUN_END, START, RUN_END, DETACH. */
@Timeout(60)
@ExtendWith(FailureDump.class)
class CaptureOfTwoRunsTest {
  private static final String NAME = "two runs";

  @TempDir private Path folder;

  private TestDaemon daemon() {
    return TestDaemon.start(
        "sluice.capture.enabled=true",
        "sluice.capture.directory=" + folder,
        "sluice.capture.stage-bytes=16MiB");
  }

  /** Returns the number of records that the daemon settled for both runs together. */
  private static long runTwice(TestDaemon daemon) throws Exception {
    Geometry geometry = new Geometry(Layout.parse("chip-2026.08/a2a3"), 3, 1, 1, 4);
    ArenaPlan plan = ArenaPlan.of(geometry, new BufferCounts(0, 0, 0, 0), 1L << 30);
    long inAll = 0;
    try (NativeClient client = new NativeClient(daemon, NAME, 0, geometry)) {
      for (int run = 0; run < 2; run++) {
        client.start();
        // Dispatch tokens restart with each run, as on a device.
        PlayedDevice device =
            new PlayedDevice(new MappedMemory(client.memory()), plan, client.base(), 1);
        int published = 0;
        while (published < 60) {
          published += device.publishAll();
        }
        client.runEnd();
        assertEquals(client.produced(), client.collected());
        inAll += client.produced();
      }
      client.detach();
    }
    return inAll;
  }

  private static ExportSummary export(Path capture, ExportFormat format) throws Exception {
    try (CaptureSource source = CaptureSource.open(capture)) {
      return new Exporter(List.of(source), ExportRequest.of(format), ExportMonitor.NONE)
          .toStream(new ByteArrayOutputStream());
    }
  }

  @Test
  void shouldVerifyAndExportBothRuns() throws Exception {
    try (TestDaemon daemon = daemon()) {
      long records = runTwice(daemon);
      Path capture =
          Path.of(Json.text(Json.object(daemon.session(NAME).json(), "capture"), "directory"));
      long[] runs = new long[1];
      try (CaptureReader reader = CaptureReader.open(capture)) {
        CaptureVerifier.Result result = CaptureVerifier.verify(reader);
        assertTrue(result.damages().isEmpty(), result.damages()::toString);
        assertTrue(result.losses().isEmpty(), result.losses()::toString);
        assertEquals(records, result.records().stream().mapToLong(Long::longValue).sum());
        reader.forEach(frame -> runs[0] += frame.type() == FrameType.RUN ? 1 : 0);
      }
      assertEquals(2, runs[0]);
      ExportSummary json = export(capture, ExportFormat.RECORDS_JSON);
      assertEquals(records, json.rows());
      try (CaptureSource source = CaptureSource.open(capture)) {
        int frames = source.frameCount(BufferKind.AICORE_TASK, 0);
        assertEquals(1, source.run(BufferKind.AICORE_TASK, 0, 0));
        assertEquals(2, source.run(BufferKind.AICORE_TASK, 0, frames - 1));
      }
    }
  }

  @Test
  void shouldListAndGiveTheCaptureOutOverHttp() throws Exception {
    try (TestDaemon daemon = daemon()) {
      long records = runTwice(daemon);
      Map<String, Object> list = Json.parse(daemon.get("/api/v1/captures"), "captures");
      assertEquals(1, Json.whole(list, "total"));
      Map<String, Object> entry = Json.objects(list, "captures").get(0);
      assertEquals(records, Json.whole(entry, "captured_records"));
      assertEquals(NAME, Json.text(entry, "producer"));
      String name = Json.text(entry, "name");
      String answer = daemon.control("GET", "/v1/captures/" + name);
      assertTrue(answer.startsWith("HTTP/1.1 200"), answer.substring(0, 80));
      assertTrue(answer.contains("manifest.json"));
      assertTrue(answer.endsWith("\r\n0\r\n\r\n"), "the last chunk");
      String refused = daemon.control("GET", "/v1/captures/..%2f" + folder.getFileName());
      assertTrue(refused.startsWith("HTTP/1.1 404"), refused);
      assertTrue(daemon.get("/v1/captures/" + name).contains("no such path"), "only on the socket");
    }
  }

  @Test
  void shouldNotGiveOutWhatIsStillWritten() throws Exception {
    Geometry geometry = new Geometry(Layout.parse("chip-2026.08/a2a3"), 3, 1, 1, 4);
    ArenaPlan plan = ArenaPlan.of(geometry, new BufferCounts(0, 0, 0, 0), 1L << 30);
    try (TestDaemon daemon = daemon();
        NativeClient client = new NativeClient(daemon, NAME, 0, geometry)) {
      client.start();
      new PlayedDevice(new MappedMemory(client.memory()), plan, client.base(), 1).publishAll();
      client.runEnd();
      Await.until(
          () -> daemon.get("/api/v1/captures").contains("\"state\":\"running\""),
          () -> "no running capture");
      Map<String, Object> list = Json.parse(daemon.get("/api/v1/captures"), "captures");
      String name = Json.text(Json.objects(list, "captures").get(0), "name");
      String refused = daemon.control("GET", "/v1/captures/" + name);
      assertTrue(refused.startsWith("HTTP/1.1 409"), refused);
      assertTrue(refused.contains("snapshot"), refused);
      client.detach();
    }
  }
}
