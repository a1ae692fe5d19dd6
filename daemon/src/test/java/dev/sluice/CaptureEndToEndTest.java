package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.output.capture.CaptureReader;
import dev.sluice.output.capture.CaptureVerifier;
import dev.sluice.output.capture.FrameType;
import dev.sluice.service.Labels;
import dev.sluice.tool.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the producer's memory to a file and back, record by record. */
class CaptureEndToEndTest {
  @TempDir private Path folder;

  private TestDaemon daemon(String... settings) {
    String[] all =
        Stream.concat(
                Stream.of(
                    "sluice.capture.enabled=true",
                    "sluice.capture.directory=" + folder.resolve("captures"),
                    "sluice.capture.stage-bytes=16MiB",
                    "sluice.capture.segment-bytes=4MiB"),
                Stream.of(settings))
            .toArray(String[]::new);
    return TestDaemon.start(all);
  }

  private static Map<String, Object> capture(SessionView session) throws Exception {
    return Json.object(session.json(), "capture");
  }

  private static Path directory(SessionView session) throws Exception {
    return Path.of(Json.text(capture(session), "directory"));
  }

  private static CaptureVerifier.Result verify(Path directory) throws IOException {
    try (CaptureReader reader = CaptureReader.open(directory)) {
      return CaptureVerifier.verify(reader);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "l2-2026.06/a2a3",
        "l2-2026.06/a5",
        "l2-2026.07/a2a3",
        "l2-2026.07/a5",
        "chip-2026.08/a2a3",
        "chip-2026.08/a5"
      })
  void shouldHoldEveryRecordThatTheProducerWrote(String layout) throws Exception {
    try (TestDaemon daemon = daemon()) {
      String name = "whole " + layout;
      TestProducer.Report device =
          daemon.run(name, "--layout", layout, "--rate", "60000000", "--duration-ns", "250000000");
      SessionView session = daemon.session(name);
      Law.assertExact(session, device);
      CaptureVerifier.Result result = verify(directory(session));
      assertEquals(List.of(), result.damages());
      assertEquals(session.total().dropped() > 0, result.isIncomplete());
      for (BufferKind kind : BufferKind.TIMED) {
        assertEquals(
            session.kind(kind.label()).collected(), result.records().get(kind.ordinal()), name);
      }
      assertEquals(
          result.records().stream().mapToLong(Long::longValue).sum(),
          Json.whole(capture(session), "captured_records"));
      assertEquals(0, Json.whole(capture(session), "staged_records"));
      assertTasksAreThoseOf(directory(session), session);
      assertTrue(daemon.metric("sluice_capture_written_bytes_total") > 1e6);
      for (String reason : Labels.CAPTURE_LOSS_REASONS) {
        assertEquals(
            0, daemon.metric("sluice_capture_lost_records_total{reason=\"" + reason + "\"}"));
      }
    }
  }

  /** Compares tasks and busy time per core type between the session's counters and the capture. */
  private static void assertTasksAreThoseOf(Path capture, SessionView session) throws Exception {
    long[] tasks = new long[Geometry.CORE_TYPES.size()];
    long[] ticks = new long[Geometry.CORE_TYPES.size()];
    try (CaptureReader reader = CaptureReader.open(capture)) {
      Geometry geometry = reader.manifest().geometry();
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.RECORDS && frame.kind() == BufferKind.AICORE_TASK) {
              int type = geometry.coreType(frame.instance());
              ByteBuffer records = frame.records();
              for (int at = 0; at < records.limit(); at += AicoreTaskRecord.SIZE_BYTES) {
                tasks[type]++;
                ticks[type] +=
                    records.getLong(at + AicoreTaskRecord.END_TIME_OFFSET)
                        - records.getLong(at + AicoreTaskRecord.START_TIME_OFFSET);
              }
            }
          });
      for (int type = 0; type < tasks.length; type++) {
        Map<String, Object> counted =
            Json.object(Json.object(session.json(), "tasks"), Geometry.CORE_TYPES.get(type));
        assertTrue(tasks[type] > 0);
        assertEquals(tasks[type], Json.whole(counted, "tasks"));
        double seconds = (double) ticks[type] / reader.manifest().clock().clockHz();
        assertEquals(seconds, ((Number) counted.get("busy_seconds")).doubleValue(), 1e-6);
      }
    }
  }

  @Test
  void shouldHoldWhatWasSalvagedFromAProducerThatWasKilled() throws Exception {
    try (TestDaemon daemon = daemon()) {
      try (TestProducer producer =
          daemon.producer(
              "killed",
              "--layout",
              "l2-2026.07/a2a3",
              "--rate",
              "60000000",
              "--duration-ns",
              "20000000000")) {
        daemon.await("killed", session -> session.total().collected() > 100_000);
        producer.kill();
      }
      SessionView session = daemon.await("killed", ended -> ended.state().startsWith("ended"));
      CaptureVerifier.Result result = verify(directory(session));
      assertEquals(List.of(), result.damages());
      assertEquals(
          session.total().collected() + session.total().salvaged(),
          result.records().stream().mapToLong(Long::longValue).sum());
    }
  }

  @Test
  void shouldKeepASnapshotOfARunningSession() throws Exception {
    try (TestDaemon daemon = daemon("sluice.capture.recorder.enabled=true")) {
      try (TestProducer producer =
          daemon.producer(
              "recorded",
              "--layout",
              "chip-2026.08/a2a3",
              "--rate",
              "60000000",
              "--duration-ns",
              "20000000000")) {
        daemon.await("recorded", session -> session.total().collected() > 100_000);
        String answer = daemon.control("POST", "/v1/snapshot?reason=test");
        assertTrue(answer.contains("200"), answer);
        producer.stop();
        producer.await();
      }
      List<Path> snapshots;
      try (Stream<Path> all = Files.list(folder.resolve("captures/snapshots"))) {
        snapshots = all.toList();
      }
      assertEquals(1, snapshots.size());
      CaptureVerifier.Result result = verify(snapshots.get(0));
      assertEquals(List.of(), result.damages());
      assertTrue(result.comparedRecords() > 10_000);
    }
  }

  @Test
  void shouldServeADeviceAllTheSameWhenNothingCanBeWritten() throws Exception {
    Files.writeString(folder.resolve("captures"), "a file where the directory should be");
    try (TestDaemon daemon = daemon()) {
      TestProducer.Report device =
          daemon.run(
              "nowhere",
              "--layout",
              "chip-2026.08/a2a3",
              "--rate",
              "60000000",
              "--duration-ns",
              "250000000");
      SessionView session = daemon.session("nowhere");
      Law.assertExact(session, device);
      assertEquals(0, Json.whole(capture(session), "captured_records"));
      assertEquals(
          session.total().collected(),
          Json.counts(capture(session), "capture_lost_records").get("io_error"));
      assertFalse(daemon.metric("sluice_capture_errors_total{reason=\"io_error\"}") == 0);
    }
  }
}
