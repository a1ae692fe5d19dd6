package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sources and destinations of exports. */
class ExporterTest {
  @TempDir private Path directory;

  private static Exporter exporter(CaptureSource source, ExportFormat format) throws IOException {
    return Exports.exporter(source, ExportRequest.of(format));
  }

  private static CaptureSource run() throws IOException {
    return new Workload(TraceBuilder.CHIP, 6, 80, 1, 20).builder.build();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ExportFormat.class,
      names = {"PMU_CSV", "SCOPE_STATS_JSONL"})
  void shouldRefuseTheFileOfAProfilerThatWasNotAttached(ExportFormat format) throws IOException {
    ExportException refused =
        assertThrows(
            ExportException.class,
            () -> exporter(run(), format).toFile(directory.resolve("out"), false));
    String region = format == ExportFormat.PMU_CSV ? "pmu" : "scope_stats";
    assertEquals("the session did not attach the region " + region, refused.getMessage());
    assertEquals(List.of(), names());
  }

  @Exports.EachFormat
  void shouldLeaveNothingBehindWhenStopped(ExportFormat format) throws IOException {
    long[] calls = {0};
    Exporter exporter =
        new Exporter(
            List.of(run()),
            ExportRequest.of(format),
            records -> {
              if (++calls[0] == 5) {
                throw new ExportException("stopped");
              }
            });
    assertThrows(ExportException.class, () -> exporter.toFile(directory.resolve("out"), false));
    assertEquals(List.of(), names());
  }

  /** Progress ends at exactly 100 %. */
  @Exports.EachFormat
  void shouldCountEachRecordOnce(ExportFormat format) throws IOException {
    for (String layout : List.of(TraceBuilder.L2, TraceBuilder.CHIP, TraceBuilder.NEWEST)) {
      Exporter exporter = exporter(new Workload(layout, 6, 80, 1, 20).builder.build(), format);
      ExportSummary summary = exporter.toFile(directory.resolve("out"), true);
      assertEquals(exporter.totalRecords(), summary.records(), layout);
    }
  }

  @Exports.EachFormat
  void shouldReplaceAnOutputOnlyWhenForced(ExportFormat format) throws IOException {
    Path out = directory.resolve("a trace with spaces");
    exporter(run(), format).toFile(out, false);
    ExportException refused =
        assertThrows(ExportException.class, () -> exporter(run(), format).toFile(out, false));
    assertTrue(refused.getMessage().contains("--force"), refused::getMessage);
    ExportSummary summary = exporter(run(), format).toFile(out, true);
    assertTrue(summary.bytes() > 0);
    assertEquals(List.of("a trace with spaces"), names());
  }

  @Test
  void shouldKeepTheOldFileWhenAForcedExportFails() throws IOException {
    Path out = Files.writeString(directory.resolve("records.json"), "precious");
    CaptureSource empty = new TraceBuilder(TraceBuilder.CHIP, 1, 1, 0, 1).build();
    assertThrows(
        ExportException.class, () -> exporter(empty, ExportFormat.RECORDS_JSON).toFile(out, true));
    assertEquals("precious", Files.readString(out));
    assertEquals(List.of("records.json"), names());
  }

  @Test
  void shouldNotReplaceADirectoryThatIsNoEarlierExport() throws IOException {
    Path home = Files.createDirectory(directory.resolve("home"));
    Files.writeString(home.resolve("precious"), "x");
    assertThrows(ExportException.class, () -> exporter(run(), ExportFormat.CSV).toFile(home, true));
    assertTrue(Files.exists(home.resolve("precious")));
  }

  @Test
  void shouldUseTheNameThatTheToolsLookForInADirectory() throws IOException {
    exporter(run(), ExportFormat.RECORDS_JSON).toFile(directory, false);
    assertEquals(List.of("chip_swimlane_records.json"), names());
  }

  @Test
  void shouldSayWhichDirectoryIsMissing() {
    ExportException e =
        assertThrows(
            ExportException.class,
            () ->
                exporter(run(), ExportFormat.PERFETTO)
                    .toFile(directory.resolve("none/trace"), false));
    assertTrue(e.getMessage().contains("does not exist"), e::getMessage);
  }

  @Test
  void shouldSayThatPartsOfOneSessionMayOverlap() throws IOException {
    CaptureSource source = run();
    ExportRequest request = ExportRequest.of(ExportFormat.CSV);
    List<String> warnings =
        new Exporter(List.of(source, source), request, ExportMonitor.NONE).warnings();
    assertTrue(warnings.toString().contains("may overlap"), warnings::toString);
  }

  @Test
  void shouldGiveUpWhenTheReaderOfAPipeGoesAway() {
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("Broken pipe");
          }
        };
    IOException e =
        assertThrows(
            IOException.class, () -> exporter(run(), ExportFormat.CHROME_TRACE).toStream(closed));
    assertEquals("Broken pipe", e.getMessage());
  }

  @Test
  void shouldWriteOneTablePerKindWithARowPerRecord() throws IOException {
    CaptureSource source = run();
    Path tables = directory.resolve("tables");
    ExportSummary summary = exporter(source, ExportFormat.CSV).toFile(tables, false);
    long rows = 0;
    for (BufferKind kind : BufferKind.TIMED) {
      List<String> lines = Files.readAllLines(tables.resolve(kind.label() + ".csv"));
      assertEquals(source.records(kind), lines.size() - 1);
      int columns = lines.get(0).split(",", -1).length;
      for (String line : lines) {
        assertEquals(columns, line.split(",", -1).length, line);
      }
      rows += lines.size() - 1;
    }
    assertEquals(rows, summary.rows());
    assertEquals(rows, summary.records());
  }

  /** A capture on disk exports byte for byte like one in memory. */
  @ParameterizedTest
  @EnumSource(
      value = ExportFormat.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"CSV", "PARQUET", "PMU_CSV", "SCOPE_STATS_JSONL"})
  void shouldExportACaptureAsItsRecords(ExportFormat format) throws IOException {
    TraceBuilder builder = new Workload(TraceBuilder.CHIP, 6, 80, 1, 20).builder;
    Path capture = directory.resolve("capture");
    builder.writeTo(capture);
    ByteArrayOutputStream fromDisk = new ByteArrayOutputStream();
    try (CaptureSource source = CaptureSource.open(capture)) {
      exporter(source, format).toStream(fromDisk);
      assertEquals(List.of(), source.damages());
    }
    assertArrayEquals(
        Exports.bytes(builder.build(), ExportRequest.of(format)), fromDisk.toByteArray());
  }

  @Test
  void shouldExportEverythingBeforeATornTail() throws IOException {
    TraceBuilder builder = new Workload(TraceBuilder.CHIP, 6, 80, 1, 20).builder;
    Path capture = directory.resolve("capture");
    builder.writeTo(capture);
    Path last =
        CaptureBuilder.files(capture).stream()
            .filter(file -> file.toString().endsWith(".seg"))
            .filter(file -> file.toFile().length() > 4096)
            .reduce((a, b) -> b)
            .orElseThrow();
    Files.delete(Path.of(last.toString().replace(".seg", ".idx")));
    try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1000);
    }
    try (CaptureSource source = CaptureSource.open(capture)) {
      long records = exporter(source, ExportFormat.PERFETTO).totalRecords();
      long all = exporter(builder.build(), ExportFormat.PERFETTO).totalRecords();
      assertTrue(records > 0 && records < all, records + " of " + all);
      assertFalse(source.damages().isEmpty());
      ExportSummary summary =
          exporter(source, ExportFormat.PERFETTO).toFile(directory.resolve("trace"), false);
      assertEquals(records, summary.records());
    }
  }

  @Test
  void shouldRefuseAFrameWithAnotherChecksum() throws IOException {
    Path capture = directory.resolve("capture");
    new Workload(TraceBuilder.CHIP, 6, 80, 1, 20).builder.writeTo(capture);
    Path segment =
        CaptureBuilder.files(capture).stream()
            .filter(file -> file.toString().endsWith(".seg"))
            .findFirst()
            .orElseThrow();
    byte[] bytes = Files.readAllBytes(segment);
    bytes[64 + 64 + 64 + 20] ^= 1;
    Files.write(segment, bytes);
    IOException e = assertThrows(IOException.class, () -> CaptureSource.open(capture));
    assertTrue(e.getMessage().contains("sluice verify"), e::getMessage);
  }
}
