package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captures built to cost the reader time or memory. */
class HostileCaptureTest {
  private static final int TASK = BufferKind.AICPU_TASK.recordBytes();

  @TempDir private Path directory;

  private static CaptureManifest manifest() {
    return CaptureBuilder.manifest("chip-2026.08/a2a3", 3, 1, 1, 4);
  }

  private Path write(int frames) throws IOException {
    Path capture = directory.resolve("capture");
    try (CaptureBuilder builder = new CaptureBuilder(capture, manifest())) {
      builder.run(1, 0);
      for (int i = 0; i < frames; i++) {
        builder.records(
            BufferKind.AICPU_TASK, 0, 0, i, i, CaptureBuilder.zeros(BufferKind.AICPU_TASK, 1));
      }
    }
    return capture;
  }

  private static List<Damage> read(Path capture) throws IOException {
    try (CaptureReader reader = CaptureReader.open(capture)) {
      reader.forEach(frame -> {});
      return reader.damages();
    }
  }

  @Test
  void shouldDescribeOnlyTheFirstOfManyDamagedFrames() throws IOException {
    Path capture = write(5000);
    Path segment = capture.resolve("000000.seg");
    byte[] bytes = Files.readAllBytes(segment);
    int damaged = 2000;
    int frameBytes = FrameHeader.frameBytes(TASK);
    int first = SegmentHeader.SIZE_BYTES + FrameHeader.SIZE_BYTES;
    for (int i = 0; i < damaged; i++) {
      bytes[first + 2 * i * frameBytes + FrameHeader.SIZE_BYTES] ^= 1;
    }
    Files.write(segment, bytes);
    List<Damage> damages = read(capture);
    assertEquals(Damages.KEPT + 1, damages.size());
    String last = damages.get(Damages.KEPT).toString();
    assertTrue(last.contains("and " + (damaged - Damages.KEPT) + " more places"), last);
  }

  /**
   * At every 64 bytes of a payload stands a header that claims a long payload with a wrong
   * checksum: trying each of them would read the rest of the payload every time.
   */
  @Test
  void shouldNotTryHeadersWithinAPayload() throws IOException {
    int nested = 1000;
    UUID id = manifest().id();
    ByteBuffer inside =
        ByteBuffer.allocate(nested * FrameHeader.SIZE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Checksum checksum = new Checksum();
    for (int i = 0; i < nested; i++) {
      int at = i * FrameHeader.SIZE_BYTES;
      int payload = (nested - 1 - i) * FrameHeader.SIZE_BYTES;
      FrameHeader.begin(
          inside, at, FrameType.RECORDS, 0, 0, 0, 0, 0, i, payload / TASK, 0, 0, payload, 12345);
      FrameHeader.finish(inside, at, 0, CaptureFormat.captureTag(id), i, checksum);
    }
    Path capture = directory.resolve("capture");
    try (CaptureBuilder builder = new CaptureBuilder(capture, manifest())) {
      builder.payload(BufferKind.AICPU_TASK, 0, 0, 0, 0, false, nested, inside);
      builder.records(
          BufferKind.AICPU_TASK, 0, 0, 1, 1, CaptureBuilder.zeros(BufferKind.AICPU_TASK, 3));
    }
    Path segment = capture.resolve("000000.seg");
    byte[] bytes = Files.readAllBytes(segment);
    // Corrupts the outer payload, so that its checksum fails while its header's is right.
    bytes[SegmentHeader.SIZE_BYTES + FrameHeader.SIZE_BYTES + inside.capacity() - 60] ^= 1;
    Files.write(segment, bytes);
    long[] records = {0};
    try (CaptureReader reader = CaptureReader.open(capture)) {
      reader.forEach(frame -> records[0] += frame.recordCount());
      assertEquals(1, reader.damages().size(), () -> reader.damages().toString());
    }
    assertEquals(3, records[0], "what follows is read");
  }

  @Test
  void shouldNameFramesThatFitNoPool() throws IOException {
    Path capture = directory.resolve("capture");
    try (CaptureBuilder builder = new CaptureBuilder(capture, manifest())) {
      ByteBuffer one = CaptureBuilder.zeros(BufferKind.AICPU_TASK, 1);
      builder.records(BufferKind.AICPU_TASK, 0, 0, 0, 0, one);
      builder.records(BufferKind.AICPU_TASK, 9999, 0, 0, 0, one.rewind());
      builder.records(
          BufferKind.AICPU_TASK, 1, 0, 0, 0, CaptureBuilder.zeros(BufferKind.AICPU_TASK, 1 << 15));
    }
    try (CaptureFrames frames = CaptureFrames.open(capture)) {
      assertEquals(1, frames.frameCount(BufferKind.AICPU_TASK, 0));
      assertEquals(0, frames.frameCount(BufferKind.AICPU_TASK, 1));
      assertEquals(2, frames.damages().size());
      assertTrue(frames.damages().get(0).what().contains("does not belong to a pool"));
    }
  }

  @Test
  void shouldRefuseAManifestThatNoReaderCanUse() throws IOException {
    Path capture = write(1);
    Path manifest = capture.resolve("manifest.json");
    String text = Files.readString(manifest);
    for (String[] edit :
        new String[][] {
          {"\"clock_hz\" : 50000000", "\"clock_hz\" : 0"},
          {"\"clock_hz\" : 50000000", "\"clock_hz\" : 9000000000000"},
          {"\"aic\"", "\"aic\", \"aic\""},
          {"\"core_to_thread\" : [", "\"core_to_thread\" : [ 0, "}
        }) {
      String edited = text.replace(edit[0], edit[1]);
      assertTrue(!edited.equals(text), edit[0]);
      Files.writeString(manifest, edited);
      CaptureException e =
          assertThrows(CaptureException.class, () -> CaptureReader.open(capture).close());
      assertTrue(e.getMessage().contains("is damaged"), e::getMessage);
    }
    Files.writeString(manifest, text + " ".repeat(20 << 20));
    assertThrows(CaptureException.class, () -> CaptureReader.open(capture).close());
  }
}
