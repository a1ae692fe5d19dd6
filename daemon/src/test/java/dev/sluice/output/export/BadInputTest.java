package dev.sluice.output.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Outputs that are not regular files, and incomplete captures. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BadInputTest {
  @TempDir private Path folder;

  private static TraceBuilder builder(String layout) {
    return new Workload(layout, 6, 80, 1, 20).builder;
  }

  private static Exporter exporter(CaptureSource source) throws IOException {
    return Exports.exporter(source, ExportRequest.of(ExportFormat.PERFETTO));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void shouldReplaceWhatALinkLeadsTo() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
    exporter(builder(TraceBuilder.CHIP).build()).toFile(link, true);
    assertTrue(Files.isSymbolicLink(link));
    assertTrue(Files.size(file) > 1000);
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(List.of("file", "link"), names());
  }

  /** A directory created there during the export is kept. */
  @Test
  void shouldNotRemoveADirectoryInThePlaceOfItsFile() throws IOException {
    Path output = folder.resolve("out");
    assertThrows(
        FileSystemException.class,
        () ->
            ExportOutput.file(
                output,
                true,
                out -> Files.writeString(Files.createDirectory(output).resolve("mine"), "kept")));
    assertEquals("kept", Files.readString(output.resolve("mine")));
    assertEquals(List.of("out"), names());
  }

  @Test
  void shouldRefuseALinkThatLeadsNowhere() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("none"));
    ExportException refused =
        assertThrows(
            ExportException.class,
            () -> exporter(builder(TraceBuilder.CHIP).build()).toFile(link, true));
    assertTrue(refused.getMessage().contains("link to a file that does not exist"));
    assertEquals(List.of("link"), names());
  }

  @Test
  void shouldNotBlameTheOutputForASegmentThatWentAway() throws IOException {
    Path capture = folder.resolve("capture");
    // More segments than the reader keeps open.
    new Workload(TraceBuilder.CHIP, 6, 80, 1, 1).builder.writeTo(capture);
    try (CaptureSource source = CaptureSource.open(capture)) {
      Exporter exporter = exporter(source);
      for (Path file : CaptureBuilder.files(capture)) {
        Files.delete(file);
      }
      NoSuchFileException gone =
          assertThrows(
              NoSuchFileException.class, () -> exporter.toFile(folder.resolve("out"), false));
      assertTrue(gone.getMessage().endsWith(".seg"), gone::getMessage);
      assertEquals(List.of("capture"), names());
    }
  }

  @Test
  void shouldWriteIntoANamedPipe() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    CompletableFuture<byte[]> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readAllBytes(pipe);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    ExportSummary summary = exporter(builder(TraceBuilder.CHIP).build()).toFile(pipe, false);
    assertEquals(summary.bytes(), read.get(30, TimeUnit.SECONDS).length);
    assertEquals(List.of("pipe"), names());
  }

  @Test
  void shouldCompressByTheNameOfTheFile() throws IOException {
    Path file = folder.resolve("trace.pftrace.gz");
    CaptureSource source = builder(TraceBuilder.CHIP).build();
    exporter(source).toFile(file, false);
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    exporter(source).toStream(plain);
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      assertEquals(plain.size(), in.readAllBytes().length);
    }
  }

  @Test
  void shouldSayHowLongTheCaptureIs() throws IOException {
    CaptureSource source = builder(TraceBuilder.CHIP).build();
    ExportRequest request = Exports.part(ExportFormat.CSV, 9_000_000_000L, 0);
    ExportException e =
        assertThrows(ExportException.class, () -> Exports.exporter(source, request));
    assertTrue(e.getMessage().matches(".*the capture is 0\\.00[0-9] s long"), e::getMessage);
  }

  @Test
  void shouldExportACaptureThatRunsOrWasKilled() throws IOException {
    Path capture = folder.resolve("capture");
    CaptureBuilder running =
        new CaptureBuilder(capture, CaptureBuilder.manifest(TraceBuilder.CHIP, 3, 1, 1, 4));
    running.run(1, 0);
    running.records(
        BufferKind.AICORE_TASK, 0, 0, 0, 10, CaptureBuilder.zeros(BufferKind.AICORE_TASK, 4));
    running.kill();
    try (CaptureSource source = CaptureSource.open(capture)) {
      Exporter exporter = exporter(source);
      exporter.toFile(folder.resolve("trace"), false);
      assertTrue(
          exporter.warnings().toString().contains("is incomplete"), exporter.warnings()::toString);
    }
  }

  /** The last frame is half written. The same capture without a daemon is a damaged one. */
  @Test
  void shouldExportWhatIsThereOfACaptureThatIsBeingWritten() throws IOException {
    Path capture = folder.resolve("capture");
    TraceBuilder builder = new Workload(TraceBuilder.CHIP, 6, 80, 1, 1000).builder;
    builder.writeWithoutEnd(capture);
    try (CaptureSource source = CaptureSource.open(capture)) {
      assertTrue(exporter(source).warnings().toString().contains("is incomplete"));
    }
    Path last =
        CaptureBuilder.files(capture).stream()
            .filter(file -> file.toString().endsWith(".seg"))
            .reduce((a, b) -> b)
            .orElseThrow();
    byte[] bytes = Files.readAllBytes(last);
    int used = bytes.length;
    while (bytes[used - 1] == 0) {
      used--;
    }
    Files.write(last, Arrays.copyOf(bytes, used - 5));
    Path lock = folder.resolve(".lock");
    try (FileChannel daemon =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = daemon.lock();
        CaptureSource source = CaptureSource.open(capture)) {
      assertTrue(held.isValid());
      for (ExportFormat format : List.of(ExportFormat.PERFETTO, ExportFormat.RECORDS_JSON)) {
        Exporter exporter = Exports.exporter(source, ExportRequest.of(format));
        ExportSummary summary = exporter.toFile(folder.resolve(format.id()), false);
        assertEquals(exporter.totalRecords(), summary.records());
        assertTrue(
            exporter.warnings().toString().contains("is still being written"),
            exporter.warnings()::toString);
      }
      long all = exporter(builder.build()).totalRecords();
      long there = exporter(source).totalRecords();
      assertTrue(there > all / 2 && there < all, there + " of " + all);
      assertEquals(List.of(), source.damages());
    }
    try (CaptureSource source = CaptureSource.open(capture)) {
      assertEquals(1, source.damages().size(), source.damages()::toString);
    }
  }

  /** Different layouts, and two overlapping sessions of one device. */
  @Test
  void shouldPutWhatIsUnlikeIntoOneTrace() throws IOException {
    List<CaptureSource> sources =
        List.of(
            builder(TraceBuilder.CHIP).origin("one", "boot-a", 0, 1, 0).build(),
            builder(TraceBuilder.L2).origin("one", "boot-a", 0, 2, 1000).build(),
            builder(TraceBuilder.CHIP).origin("one", "boot-a", 1, 3, 0).build());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExportSummary summary =
        new Exporter(sources, ExportRequest.of(ExportFormat.PERFETTO), ExportMonitor.NONE)
            .toStream(out);
    PerfettoTrace trace = new PerfettoTrace(out.toByteArray());
    assertEquals(summary.counts().slices, trace.slices.size());
    long processes =
        trace.tracks.values().stream()
            .filter(track -> track.parent() == 0)
            .map(PerfettoTrace.Track::processName)
            .distinct()
            .count();
    assertEquals(3 * 4, processes);
  }

  /**
   * Different layouts, hosts and boots, overlapping sessions: every format's output holds them all.
   */
  @Exports.EachFormat
  void shouldExportWhatIsUnlikeInEveryFormat(ExportFormat format) throws IOException {
    List<CaptureSource> sources =
        List.of(
            builder(TraceBuilder.CHIP).origin("one", "boot-a", 0, 1, 0).build(),
            builder(TraceBuilder.L2).origin("one", "boot-a", 0, 2, 1000).build(),
            builder(TraceBuilder.NEWEST).origin("two", "boot-b", 0, 1, 5_000_000).build());
    Exporter exporter = new Exporter(sources, ExportRequest.of(format), ExportMonitor.NONE);
    ExportSummary summary = exporter.toFile(folder.resolve("out"), false);
    assertEquals(exporter.totalRecords(), summary.records());
    assertTrue(summary.rows() > 0);
    assertTrue(
        exporter.warnings().toString().contains("several boots or hosts"),
        exporter.warnings()::toString);
  }

  /** A restarted daemon numbers its sessions from 1 again. */
  @Test
  void shouldTellSessionsOfTheSameNumberApart() throws IOException {
    List<CaptureSource> sources =
        List.of(
            builder(TraceBuilder.CHIP).origin("one", "boot-a", 0, 1, 0).build(),
            builder(TraceBuilder.CHIP).origin("one", "boot-a", 0, 1, 9_000_000).build());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Exporter(sources, ExportRequest.of(ExportFormat.PERFETTO), ExportMonitor.NONE)
        .toStream(out);
    assertEquals(
        2 * 4,
        new PerfettoTrace(out.toByteArray())
            .tracks.values().stream()
                .filter(track -> track.parent() == 0)
                .map(PerfettoTrace.Track::processName)
                .distinct()
                .count());
    Path tables = folder.resolve("tables");
    new Exporter(sources, ExportRequest.of(ExportFormat.CSV), ExportMonitor.NONE)
        .toFile(tables, false);
    try (Stream<Path> of = Files.list(tables)) {
      assertEquals(2, of.count(), "a directory for each");
    }
  }

  @Test
  void shouldReadNamesInAnyEncodingOfJson() throws IOException {
    String json = "{\"callable_id_to_name\":{\"3\":\"\u77e9\u9635\"}}";
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE)) {
      Path file = Files.write(folder.resolve("names"), json.getBytes(charset));
      assertEquals("\u77e9\u9635", NameMap.read(file).function(3), charset::name);
    }
    Path gbk = Files.write(folder.resolve("names"), json.getBytes(Charset.forName("GBK")));
    ExportException e = assertThrows(ExportException.class, () -> NameMap.read(gbk));
    assertTrue(e.getMessage().contains("not a name map in UTF-8"), e::getMessage);
  }
}
