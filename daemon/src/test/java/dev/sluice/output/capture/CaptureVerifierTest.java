package dev.sluice.output.capture;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Layout;
import dev.sluice.testkit.SyntheticRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureVerifierTest {
  @TempDir private Path folder;

  private static CaptureVerifier.Result verify(Path directory) throws IOException {
    try (CaptureReader reader = CaptureReader.open(directory)) {
      return CaptureVerifier.verify(reader);
    }
  }

  private static ByteBuffer content(
      CaptureManifest manifest, BufferKind kind, int instance, long first, int records) {
    SyntheticRecords content =
        new SyntheticRecords(manifest.geometry(), manifest.synthetic().orElseThrow());
    ByteBuffer bytes = CaptureBuilder.zeros(kind, records);
    for (int i = 0; i < records; i++) {
      content.write(kind, instance, first + i, bytes, i * kind.recordBytes());
    }
    return bytes;
  }

  @Test
  void shouldFindEveryKindOfEveryLayoutWhole() throws IOException {
    for (Layout layout : Layout.all()) {
      CaptureManifest manifest = CaptureBuilder.manifest(layout.id(), 6, 2, 1, 4);
      Path directory = folder.resolve(layout.id().replace('/', '-'));
      try (CaptureBuilder builder = new CaptureBuilder(directory, manifest)) {
        for (BufferKind kind : BufferKind.TIMED) {
          for (int i = 0; i < 3; i++) {
            builder.records(kind, 0, 0, i, i, content(manifest, kind, 0, i * 7L, 7));
          }
        }
      }
      CaptureVerifier.Result result = verify(directory);
      assertEquals(List.of(), result.damages(), layout.id());
      assertEquals(List.of(), result.losses());
      assertEquals(84, result.comparedRecords());
    }
  }

  @Test
  void shouldFindARecordThatIsNotWhatTheProducerWrote() throws IOException {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    ByteBuffer wrong = content(manifest, AICPU_TASK, 3, 0, 10);
    wrong.put(4 * 32 + 9, (byte) ~wrong.get(4 * 32 + 9));
    try (CaptureBuilder builder = new CaptureBuilder(folder.resolve("c"), manifest)) {
      builder.records(AICPU_TASK, 3, 0, 0, 0, wrong);
    }
    CaptureVerifier.Result result = verify(folder.resolve("c"));
    assertTrue(result.damages().get(0).startsWith("1 records differ from"));
  }

  /** Missing records do not count as damage of later ones, and do not hide damage. */
  @Test
  void shouldGoOnBehindRecordsThatAreMissingOrWrong() throws IOException {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    try (CaptureBuilder builder = new CaptureBuilder(folder.resolve("c"), manifest)) {
      for (BufferKind kind : BufferKind.TIMED) {
        int size = kind.recordBytes();
        // Records 0 to 4 and 9 to 13, with 1, 2 and 11 wrong; then 20 to 29, with the first and the
        // last wrong.
        ByteBuffer first = CaptureBuilder.zeros(kind, 10);
        first.put(0, content(manifest, kind, 0, 0, 5), 0, 5 * size);
        first.put(5 * size, content(manifest, kind, 0, 9, 5), 0, 5 * size);
        ByteBuffer second = content(manifest, kind, 0, 20, 10);
        for (int wrong : new int[] {1, 2, 7}) {
          first.put(wrong * size, (byte) ~first.get(wrong * size));
        }
        for (int wrong : new int[] {0, 9}) {
          second.put(wrong * size, (byte) ~second.get(wrong * size));
        }
        builder.records(kind, 0, 0, 0, 0, first);
        builder.records(kind, 0, 0, 1, 1, second);
      }
    }
    CaptureVerifier.Result result = verify(folder.resolve("c"));
    assertEquals(80, result.comparedRecords());
    assertEquals("20 records differ from the expected synthetic content", result.damages().get(0));
  }

  @Test
  void shouldFindBuffersThatComeTwiceOrInTheWrongOrder() throws IOException {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    try (CaptureBuilder builder = new CaptureBuilder(folder.resolve("c"), manifest)) {
      builder.records(AICPU_TASK, 3, 0, 5, 0, content(manifest, AICPU_TASK, 3, 0, 2));
      builder.records(AICPU_TASK, 3, 0, 4, 0, content(manifest, AICPU_TASK, 3, 2, 2));
      builder.records(AICPU_TASK, 9, 0, 0, 0, content(manifest, AICPU_TASK, 3, 2, 2));
    }
    List<String> damages = verify(folder.resolve("c")).damages();
    assertEquals("aicpu_task 3: buffer 4 comes after buffer 5", damages.get(0));
    assertEquals("frame 2 does not belong to a pool of this capture", damages.get(1));
  }

  @Test
  void shouldFindASegmentThatIsGone() throws IOException {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    try (CaptureBuilder builder = new CaptureBuilder(folder.resolve("c"), manifest)) {
      for (int i = 0; i < 4; i++) {
        builder.records(AICORE_TASK, 0, 0, i, i, content(manifest, AICORE_TASK, 0, i * 5L, 5));
        builder.roll();
      }
    }
    Files.delete(folder.resolve("c/000001.seg"));
    CaptureVerifier.Result result = verify(folder.resolve("c"));
    assertEquals(
        List.of("found frame 2, expected frame 1", "aicore_task: found 15 records, expected 20"),
        result.damages());
  }

  @Test
  void shouldTellDamageFromLoss() throws IOException {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    Path directory = folder.resolve("c");
    try (CaptureBuilder builder = new CaptureBuilder(directory, manifest)) {
      builder.records(AICPU_TASK, 0, 0, 0, 0, content(manifest, AICPU_TASK, 0, 0, 10));
      builder.manifest(
          manifest.with(
              new CaptureManifest.Outcome(
                  "detached",
                  java.util.Optional.of(java.time.Instant.EPOCH),
                  Map.of(
                      AICPU_TASK,
                      new CaptureManifest.KindBooks(
                          20,
                          13,
                          10,
                          Map.of("disk_full", 3L),
                          Map.of("host_late", 7L),
                          0,
                          0,
                          0,
                          0,
                          0)),
                  1,
                  1,
                  0,
                  "")));
    }
    CaptureVerifier.Result result = verify(directory);
    assertFalse(result.isDamaged(), result.damages().toString());
    assertEquals(
        List.of(
            "aicpu_task: 7 records dropped by the device {host_late=7}",
            "aicpu_task: 3 records lost on the way to disk {disk_full=3}"),
        result.losses());
  }

  @Test
  void shouldRecoverACaptureWhoseWriterWasKilled() throws IOException {
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    CaptureBuilder builder = new CaptureBuilder(folder.resolve("c"), manifest);
    builder.records(AICPU_TASK, 0, 0, 0, 0, content(manifest, AICPU_TASK, 0, 0, 10));
    builder.kill();
    Path segment = folder.resolve("c/000000.seg");
    Files.write(segment, java.util.Arrays.copyOf(Files.readAllBytes(segment), 470));
    CaptureVerifier.Result result = verify(folder.resolve("c"));
    assertFalse(result.isDamaged());
    assertEquals(1, result.losses().size());
    assertEquals(10, result.records().get(AICPU_TASK.ordinal()));
  }
}
