package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureReaderTest {
  private static final CaptureManifest MANIFEST =
      CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);

  @TempDir private Path folder;

  private static ByteBuffer numbered(BufferKind kind, int records, int first) {
    ByteBuffer bytes = CaptureBuilder.zeros(kind, records);
    for (int i = 0; i < records; i++) {
      bytes.putLong(i * kind.recordBytes(), first + i);
    }
    return bytes;
  }

  /** Three segments: 0 and 1 sealed, 2 with one frame of each type. */
  private Path sample(String name) throws IOException {
    Path directory = folder.resolve(name);
    try (CaptureBuilder builder = new CaptureBuilder(directory, MANIFEST)) {
      builder.run(1, 100);
      for (int i = 0; i < 4; i++) {
        builder.records(
            BufferKind.AICORE_TASK,
            i % 2,
            0,
            i / 2,
            1_000 + i,
            numbered(BufferKind.AICORE_TASK, 3, i));
      }
      builder.roll();
      builder.records(
          BufferKind.SCHED_PHASE, 1, 1, 0, 2_000, numbered(BufferKind.SCHED_PHASE, 2, 9));
      builder.drop(BufferKind.AICPU_TASK, 5, DropCause.HOST_LATE, 77, 2_001);
      builder.roll();
      builder.lost(BufferKind.AICPU_TASK, 4, LossReason.DISK_FULL, 88, 3_000);
      builder.stall(BufferKind.AICPU_TASK, 4, 3, 1_500, 3_001);
      builder.stall(null, 1, 2, 700, 3_001);
      builder.records(
          BufferKind.AICPU_TASK, 4, -1, 7, 3_002, true, numbered(BufferKind.AICPU_TASK, 5, 40));
    }
    return directory;
  }

  private static List<String> describe(Path directory, FrameFilter filter) throws IOException {
    List<String> seen = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(directory)) {
      FrameVisitor visitor =
          frame ->
              seen.add(
                  frame.type()
                      + " "
                      + (frame.kind() == null ? "-" : frame.kind().label())
                      + " "
                      + frame.instance()
                      + " q"
                      + frame.queue()
                      + " s"
                      + frame.sequence()
                      + " n"
                      + frame.recordCount()
                      + " t"
                      + frame.hostTimeNs()
                      + (frame.isSalvaged() ? " salvaged" : "")
                      + (frame.type() == FrameType.RECORDS
                          ? " first " + frame.records().getLong(0)
                          : " v" + frame.value() + " " + frame.cause()));
      if (filter == null) {
        reader.forEach(visitor);
      } else {
        reader.forEach(filter, visitor);
      }
      assertEquals(List.of(), reader.damages());
    }
    return seen;
  }

  @Test
  void shouldGiveBackEveryFrameInOrder() throws IOException {
    assertEquals(
        List.of(
            "RUN - -1 q-1 s0 n0 t100 v1 host_late",
            "RECORDS aicore_task 0 q0 s0 n3 t1000 first 0",
            "RECORDS aicore_task 1 q0 s0 n3 t1001 first 1",
            "RECORDS aicore_task 0 q0 s1 n3 t1002 first 2",
            "RECORDS aicore_task 1 q0 s1 n3 t1003 first 3",
            "RECORDS sched_phase 1 q1 s0 n2 t2000 first 9",
            "GAP aicpu_task 5 q-1 s0 n0 t2001 v77 host_late",
            "GAP aicpu_task 4 q-1 s0 n0 t3000 v88 disk_full",
            "STALL aicpu_task 4 q-1 s0 n3 t3001 v1500 pop",
            "STALL - 1 q1 s0 n2 t3001 v700 push",
            "RECORDS aicpu_task 4 q-1 s7 n5 t3002 salvaged first 40"),
        describe(sample("a capture with spaces"), null));
  }

  @Test
  void shouldPickByTimeKindAndInstanceWithAndWithoutAnIndex() throws IOException {
    Path directory = sample("c");
    FrameFilter filter = new FrameFilter(1_001, 2_500, Set.of(BufferKind.AICORE_TASK), Set.of(1));
    List<String> expected =
        List.of(
            "RUN - -1 q-1 s0 n0 t100 v1 host_late",
            "RECORDS aicore_task 1 q0 s0 n3 t1001 first 1",
            "RECORDS aicore_task 1 q0 s1 n3 t1003 first 3");
    assertEquals(expected, describe(directory, filter));
    for (int segment = 0; segment < 3; segment++) {
      Files.delete(directory.resolve(CaptureFormat.indexName(segment)));
    }
    assertEquals(expected, describe(directory, filter));
  }

  @Test
  void shouldRecoverEverythingBeforeATearAtAnyByte() throws IOException {
    Path directory = folder.resolve("torn");
    CaptureBuilder builder = new CaptureBuilder(directory, MANIFEST);
    List<Long> ends = new ArrayList<>();
    Path segment = directory.resolve(CaptureFormat.segmentName(0));
    for (int i = 0; i < 6; i++) {
      builder.records(
          BufferKind.AICORE_TASK, 0, 0, i, i, numbered(BufferKind.AICORE_TASK, 1 + i % 3, i));
      // Padding after the last payload may be missing; it contains no record.
      ends.add(builder.payloadEnd());
    }
    builder.kill();
    byte[] whole = Files.readAllBytes(segment);
    for (int length = 0; length <= whole.length; length++) {
      try (var channel = Files.newByteChannel(segment, StandardOpenOption.WRITE)) {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(whole, 0, length));
      }
      int cut = length;
      long expected = ends.stream().filter(end -> end <= cut).count();
      try (CaptureReader reader = CaptureReader.open(directory)) {
        int[] frames = new int[1];
        reader.forEach(frame -> assertEquals(frames[0]++, frame.sequence()));
        assertEquals(expected, frames[0], "cut at " + cut);
        assertEquals(List.of("000000.seg"), reader.unsealedSegments());
        assertTrue(reader.damages().stream().allMatch(Damage::isTornTail), "cut at " + cut);
      }
    }
  }

  @Test
  void shouldNeverTakeAFlippedBitForData() throws IOException {
    Path directory = sample("flipped");
    Path segment = directory.resolve(CaptureFormat.segmentName(0));
    byte[] whole = Files.readAllBytes(segment);
    for (int bit = 0; bit < whole.length * 8; bit += 3) {
      byte[] flipped = whole.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(segment, flipped);
      int[] frames = new int[1];
      try (CaptureReader reader = CaptureReader.open(directory)) {
        reader.forEach(
            frame -> {
              frames[0]++;
              if (frame.type() == FrameType.RECORDS && frame.kind() == BufferKind.AICORE_TASK) {
                int first = frame.instance() + 2 * frame.sequence();
                for (int i = 0; i < frame.recordCount(); i++) {
                  assertEquals(first + i, frame.records().getLong(i * 32));
                }
              }
            });
        // At most one of eleven frames is lost, none if the bit was in padding.
        assertTrue(frames[0] == 11 || !reader.damages().isEmpty(), "bit " + bit);
        assertTrue(frames[0] >= 10, "bit " + bit);
      }
    }
  }

  @Test
  void shouldNotTakeFramesOfAnEarlierLifeOfTheFile() throws IOException {
    Path directory = sample("recycled");
    Path last = directory.resolve(CaptureFormat.segmentName(2));
    Path first = directory.resolve(CaptureFormat.segmentName(0));
    byte[] old = Files.readAllBytes(first);
    byte[] young = Files.readAllBytes(last);
    byte[] both = new byte[old.length];
    System.arraycopy(old, 0, both, 0, old.length);
    // One frame of the new segment over the old content.
    System.arraycopy(young, 0, both, 0, 128);
    Files.write(last, both);
    try (CaptureReader reader = CaptureReader.open(directory)) {
      int[] frames = new int[1];
      reader.forEach(frame -> frames[0]++);
      assertEquals(5 + 2 + 1, frames[0]);
      assertEquals(List.of("000002.seg"), reader.unsealedSegments());
    }
  }

  @Test
  void shouldReadACaptureOfNoFrames() throws IOException {
    Path directory = folder.resolve("empty");
    new CaptureBuilder(directory, MANIFEST).close();
    assertEquals(List.of(), describe(directory, null));
  }

  @Test
  void shouldRefuseADirectoryWithoutManifestAndADamagedOne() throws IOException {
    assertTrue(
        assertThrows(CaptureException.class, () -> CaptureReader.open(folder))
            .getMessage()
            .endsWith("is not a capture: it has no manifest.json"));
    Path directory = sample("m");
    Path manifest = directory.resolve("manifest.json");
    byte[] whole = Files.readString(manifest).stripTrailing().getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < whole.length; length++) {
      Files.write(manifest, java.util.Arrays.copyOf(whole, length));
      String message =
          assertThrows(CaptureException.class, () -> CaptureReader.open(directory)).getMessage();
      assertFalse(message.contains("\n"), message);
      assertTrue(message.contains("manifest.json"), message);
    }
  }

  /** Captures from before jittered content existed do not name their kind. */
  @Test
  void shouldTakeSyntheticContentForRegularUnlessToldOtherwise() throws IOException {
    Path directory = sample("regular");
    Path manifest = directory.resolve("manifest.json");
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertTrue(reader.manifest().synthetic().orElseThrow().isJittered());
    }
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replaceFirst(",\\s*\"content\" : \"jittered\"", ""));
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertFalse(reader.manifest().synthetic().orElseThrow().isJittered());
    }
    Files.writeString(manifest, text.replace("\"jittered\"", "\"of a newer version\""));
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertTrue(reader.manifest().synthetic().isEmpty());
    }
  }

  @Test
  void shouldKnowAnEditedManifest() throws IOException {
    Path directory = sample("edited");
    Path manifest = directory.resolve("manifest.json");
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertTrue(reader.isManifestIntact());
    }
    String text = Files.readString(manifest);
    Files.writeString(
        manifest, text.replace("\"captured_records\" : 12", "\"captured_records\" : 13"));
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertFalse(reader.isManifestIntact());
      assertEquals(13, reader.manifest().outcome().kind(BufferKind.AICORE_TASK).captured());
    }
    Files.writeString(manifest, text.replace("\"num_cores\" : 6", "\"num_cores\" : 6000"));
    assertTrue(
        assertThrows(CaptureException.class, () -> CaptureReader.open(directory))
            .getMessage()
            .contains("num_cores 6000"));
  }

  @Test
  void shouldRefuseAnotherMajorAndReadANewerMinorVersion() throws IOException {
    Path directory = sample("newer");
    Path manifest = directory.resolve("manifest.json");
    String text = Files.readString(manifest);
    Files.writeString(
        manifest, text.replace("\"minor\" : " + CaptureFormat.MINOR, "\"minor\" : 9"));
    try (CaptureReader reader = CaptureReader.open(directory)) {
      assertEquals(9, reader.manifest().format().minor());
    }
    for (int major : new int[] {1, 3}) {
      Files.writeString(manifest, text.replace("\"major\" : 2", "\"major\" : " + major));
      String refusal =
          assertThrows(CaptureException.class, () -> CaptureReader.open(directory)).getMessage();
      assertTrue(
          refusal.contains(
              "has capture format "
                  + major
                  + "."
                  + CaptureFormat.MINOR
                  + ", this Sluice reads 2.x"),
          refusal);
      assertEquals(1, refusal.lines().count());
    }
  }

  @Test
  void shouldGiveBackTheManifestAsItWas() throws IOException {
    Path directory = folder.resolve("manifest");
    new CaptureBuilder(directory, MANIFEST).kill();
    CaptureManifest read = CaptureReader.open(directory).manifest();
    assertEquals(MANIFEST.with(read.outcome()).toString(), read.toString());
    assertFalse(read.outcome().isEnded());
  }

  @Test
  void shouldKeepTheMarkOfARunWhereAChunkOfTheStageEnds() throws IOException {
    CaptureRig rig = new CaptureRig(folder, 1 << 20);
    // 16 buffers of the first run leave too little room in the first chunk for another one.
    rig.write(BufferKind.AICPU_TASK, 0, 16);
    rig.put(BufferKind.AICPU_TASK, 1);
    rig.capture.beginRun();
    rig.put(BufferKind.AICPU_TASK, 2);
    rig.step();
    rig.end();

    List<Integer> instances = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(rig.directory())) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.RUN) {
              instances.add(-1);
            } else if (frame.type() == FrameType.RECORDS) {
              instances.add(frame.instance());
            }
          });
    }
    assertEquals(List.of(1, -1, 2), instances.subList(17, 20));
  }
}
