package dev.sluice.output.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Layout;
import dev.sluice.abi.RecordColumn;
import dev.sluice.docs.GeneratedDoc;
import dev.sluice.docs.StructDiagram;
import dev.sluice.docs.StructDiagram.Field;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks docs/capture-format.md against the code, and the Python reader in docs/ on real captures.
 */
class CaptureFormatDocTest {
  private static final Path READER =
      Path.of(System.getProperty("basedir", "."), "..", "docs", "read_capture.py");

  private static final List<Field> FRAME =
      List.of(
          new Field("magic", FrameHeader.MAGIC_OFFSET, "u8[4]", "`SLFR`"),
          new Field("type", FrameHeader.TYPE_OFFSET, "u8", "see below"),
          new Field("flags", FrameHeader.FLAGS_OFFSET, "u8", "bit 0: salvaged"),
          new Field("kind", FrameHeader.KIND_OFFSET, "u8", "of records; 255: of none"),
          new Field("reason", FrameHeader.REASON_OFFSET, "u8", "RECORDS, GAP, STALL: see below"),
          new Field("instance", FrameHeader.INSTANCE_OFFSET, "i32", "core or thread; -1: neither"),
          new Field("queue", FrameHeader.QUEUE_OFFSET, "i32", "ready queue; -1: none"),
          new Field("sequence", FrameHeader.SEQUENCE_OFFSET, "u32", "number of the buffer"),
          new Field("records", FrameHeader.RECORDS_OFFSET, "u32", "see below"),
          new Field("host_time", FrameHeader.HOST_TIME_OFFSET, "i64", "ns"),
          new Field("value", FrameHeader.VALUE_OFFSET, "i64", "see below"),
          new Field("payload_bytes", FrameHeader.PAYLOAD_BYTES_OFFSET, "u32", "without padding"),
          new Field("payload_crc", FrameHeader.PAYLOAD_CRC_OFFSET, "u32", "of the payload"),
          new Field("segment", FrameHeader.SEGMENT_OFFSET, "u32", "number of the segment"),
          new Field(
              "capture_tag",
              FrameHeader.CAPTURE_TAG_OFFSET,
              "u32",
              "first eight digits of the capture's id"),
          new Field("frame_number", FrameHeader.FRAME_NUMBER_OFFSET, "u32", "within the capture"),
          new Field("header_crc", FrameHeader.HEADER_CRC_OFFSET, "u32", "of the bytes before"));

  private static final List<Field> SEGMENT =
      List.of(
          new Field("magic", SegmentHeader.MAGIC_OFFSET, "u8[8]", "`SLUICSEG`"),
          new Field("major", SegmentHeader.MAJOR_OFFSET, "u16", "of the format"),
          new Field("minor", SegmentHeader.MINOR_OFFSET, "u16", ""),
          new Field("header_bytes", SegmentHeader.HEADER_BYTES_OFFSET, "u32", "64"),
          new Field(
              "capture_id", SegmentHeader.CAPTURE_ID_OFFSET, "u64[2]", "high half, then low half"),
          new Field("segment", SegmentHeader.SEGMENT_OFFSET, "u32", "its number, from 0"),
          new Field("created", SegmentHeader.CREATED_OFFSET, "i64", "host time, ns"),
          new Field("crc", SegmentHeader.CRC_OFFSET, "u32", "of the bytes before"));

  private static final List<Field> INDEX =
      List.of(
          new Field("magic", 0, "u8[8]", "`SLUICIDX`"),
          new Field("major", 8, "u16", "of the format"),
          new Field("minor", 10, "u16", ""),
          new Field("entries", 12, "u32", "that follow"),
          new Field("capture_id", 16, "u64[2]", "high half, then low half"),
          new Field("segment", 32, "u32", "its number"),
          new Field("entries_crc", 36, "u32", "of all entries"),
          new Field("first_time", 40, "i64", "lowest host time, ns"),
          new Field("last_time", 48, "i64", "highest host time, ns"),
          new Field("segment_bytes", 56, "u32", "with footer"),
          new Field("crc", 60, "u32", "of the bytes before"));

  private static final List<Field> ENTRY =
      List.of(
          new Field("host_time", 0, "i64", "ns"),
          new Field("offset", 8, "u32", "in the segment, in units of 64 bytes"),
          new Field("records", 12, "u32", ""),
          new Field("instance", 16, "i32", ""),
          new Field("type", 20, "u8", ""),
          new Field("kind", 21, "u8", ""),
          new Field("flags", 22, "u8", ""));

  @TempDir private Path folder;

  private static Map<String, String> blocks() {
    Map<String, String> blocks = new LinkedHashMap<>();
    blocks.put("segment-header", new StructDiagram(SegmentHeader.SIZE_BYTES, SEGMENT).render());
    blocks.put("frame-header", new StructDiagram(FrameHeader.SIZE_BYTES, FRAME).render());
    blocks.put("frame-types", frameTypes());
    blocks.put("columns", columns());
    blocks.put("reasons", reasons());
    blocks.put("index-header", new StructDiagram(SegmentIndex.HEADER_BYTES, INDEX).render());
    blocks.put("index-entry", new StructDiagram(SegmentIndex.ENTRY_BYTES, ENTRY).render());
    return blocks;
  }

  private static String frameTypes() {
    StringBuilder table =
        new StringBuilder("| type | | `records` | `value` |\n|---:|---|---|---|\n");
    for (FrameType type : FrameType.values()) {
      String columns =
          switch (type) {
            case RECORDS ->
                "records of one buffer; `reason`: their run | in the payload"
                    + " | bytes of the records before encoding";
            case GAP -> "records are missing | buffers missing; 0: not known | records missing";
            case STALL ->
                "a device thread waited; `reason` 0: to push a full buffer into the ready queue of"
                    + " thread `instance`, 1: to pop an empty buffer of a pool"
                    + " | how often | for how long, ns";
            case RUN ->
                "the device starts a run | number of the run, from 1 | its epoch; 0: not named";
            case FOOTER -> "the segment is closed | 0 | frames in it";
          };
      table.append(String.format("| %d | %s: %s |%n", type.number(), type, columns));
    }
    return table.toString();
  }

  private static String columns() {
    StringBuilder table =
        new StringBuilder(
            "| kind | record | columns: name, offset, bytes, storage |\n|---|---:|---|\n");
    for (BufferKind kind : BufferKind.ALL) {
      table.append(
          String.format(
              "| `%s` | %d | `%s` |%n",
              kind.label(),
              kind.recordBytes(),
              String.join(
                  "` `", RecordColumn.toText(Layout.parse("chip-2026.08/a2a3").columns(kind)))));
    }
    return table.toString();
  }

  private static String reasons() {
    StringBuilder table =
        new StringBuilder("| `reason` of a GAP | who lost | why |\n|---:|---|---|\n");
    for (DropCause cause : DropCause.ALL) {
      table.append(String.format("| %d | device | `%s` |%n", cause.ordinal(), cause.label()));
    }
    for (LossReason reason : LossReason.ALL) {
      table.append(
          String.format(
              "| %d | capture | `%s` |%n",
              FrameHeader.FIRST_LOSS_REASON + reason.ordinal(), reason.label()));
    }
    return table.toString();
  }

  @Test
  void shouldShowTheBytesOfTheCode() throws IOException {
    GeneratedDoc.assertBlocksUpToDate("capture-format.md", blocks());
  }

  @Test
  void shouldDescribeEveryFieldThatTheCodeHasAnOffsetFor() {
    Map.of(FrameHeader.class, FRAME, SegmentHeader.class, SEGMENT)
        .forEach(
            (type, fields) -> {
              TreeSet<String> offsets =
                  Stream.of(type.getDeclaredFields())
                      .filter(field -> Modifier.isStatic(field.getModifiers()))
                      .map(field -> field.getName().toLowerCase(Locale.ROOT))
                      .filter(name -> name.endsWith("_offset"))
                      .map(name -> name.substring(0, name.length() - "_offset".length()))
                      .collect(Collectors.toCollection(TreeSet::new));
              TreeSet<String> described =
                  fields.stream().map(Field::name).collect(Collectors.toCollection(TreeSet::new));
              assertEquals(offsets, described, type.getSimpleName());
            });
  }

  @Test
  void shouldBeReadByTwoPagesOfPython() throws Exception {
    assertTrue(Files.readAllLines(READER).size() <= 120, "the reader has grown beyond its pages");
    assumeTrue(exitCode("python3", "--version") == 0, "there is no python3 here");
    CaptureRig rig = CaptureRig.synthetic(folder, 1 << 20, "segment-bytes=1MiB");
    // Noise yields blocks of raw records, and columns of every width.
    CaptureRig noise = new CaptureRig(folder.resolve("noise"), 1 << 20, "segment-bytes=1MiB");
    for (CaptureRig each : List.of(rig, noise)) {
      for (int i = 0; i < 20; i++) {
        each.write(BufferKind.AICPU_TASK, i % 6, 1);
        each.write(BufferKind.SCHED_PHASE, i % 2, 1);
      }
      each.write(BufferKind.AICORE_TASK, 5, 1);
      each.capture.waitedForBuffer(BufferKind.AICPU_TASK, 3, 2, 3_000);
      each.end();
      assertPythonReads(each.directory());
    }
    Path segment = noise.directory().resolve("000001.seg");
    byte[] damaged = Files.readAllBytes(segment);
    damaged[200] ^= 1;
    Files.write(segment, damaged);
    assertEquals(1, python(noise.directory()).waitFor());
  }

  /**
   * Asserts that Python finds the same records as the reader, with the same start and end times.
   */
  private static void assertPythonReads(Path capture) throws IOException, InterruptedException {
    BigInteger[] ticks = new BigInteger[BufferKind.COUNT];
    Arrays.fill(ticks, BigInteger.ZERO);
    try (CaptureReader reader = CaptureReader.open(capture)) {
      reader.forEach(
          frame -> {
            if (frame.type() == FrameType.RECORDS) {
              int size = frame.kind().recordBytes();
              int kind = frame.kind().ordinal();
              ByteBuffer records = frame.records();
              for (int at = 0; at < frame.recordCount() * size; at += size) {
                BigInteger begin = new BigInteger(Long.toUnsignedString(records.getLong(at)));
                BigInteger end = new BigInteger(Long.toUnsignedString(records.getLong(at + 8)));
                ticks[kind] = ticks[kind].add(end).subtract(begin);
              }
            }
          });
    }
    Process python = python(capture);
    String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, python.waitFor(), output);
    assertEquals(
        String.format(
            """
            {'RUN': 1, 'RECORDS': 41, 'STALL': 1}
            run 1 epoch 0 records 41000
            aicpu_task 20000 of 20000 taking %s ticks
            sched_phase 20000 of 20000 taking %s ticks
            orch_phase 0 of 0 taking 0 ticks
            aicore_task 1000 of 1000 taking %s ticks
            """,
            ticks[BufferKind.AICPU_TASK.ordinal()],
            ticks[BufferKind.SCHED_PHASE.ordinal()],
            ticks[BufferKind.AICORE_TASK.ordinal()]),
        output);
  }

  private static Process python(Path directory) throws IOException {
    return new ProcessBuilder("python3", READER.toString(), directory.toString())
        .redirectErrorStream(true)
        .start();
  }

  private static int exitCode(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException ignored) {
      // Python is not installed.
      return -1;
    }
  }
}
