package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.HostTime;
import dev.sluice.output.capture.CaptureBuilder;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.output.export.ExportFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExportCommandTest {
  @TempDir private Path directory;
  private final StopSignal stopSignal = new StopSignal();
  private final Console console = new Console(new ExportCommand(stopSignal));
  private String capture;
  private String out;

  @BeforeEach
  void writeCapture() throws IOException {
    Path path = directory.resolve("a capture");
    try (CaptureBuilder builder =
        new CaptureBuilder(path, CaptureBuilder.manifest("l2-2026.06/a2a3", 3, 1, 1, 4))) {
      builder.run(1, 0);
      for (BufferKind kind : BufferKind.TIMED) {
        builder.records(kind, 0, 0, 0, 10, CaptureBuilder.zeros(kind, 4));
      }
    }
    capture = path.toString();
    out = directory.resolve("out").toString();
  }

  private int export(String... more) {
    String[] arguments = new String[more.length + 4];
    arguments[0] = "export";
    arguments[1] = capture;
    arguments[2] = "-o";
    arguments[3] = out;
    System.arraycopy(more, 0, arguments, 4, more.length);
    return console.run(arguments);
  }

  @Test
  void shouldExportEveryFormat() {
    for (String format : new String[] {"records-json", "chrome-trace", "perfetto", "csv"}) {
      out = directory.resolve(format).toString();
      assertEquals(ExitCode.FINE, export("--format", format), console::err);
      assertTrue(Files.exists(Path.of(out)), format);
    }
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void shouldRefuseTheSameCaptureTwice(ExportFormat format) throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of(capture));
    Path copy = Files.createDirectory(directory.resolve("copy"));
    for (Path file : CaptureBuilder.files(Path.of(capture))) {
      Files.copy(file, copy.resolve(file.getFileName()));
    }
    for (Object again : List.of(capture, link, copy)) {
      assertEquals(ExitCode.USAGE, export("--format", format.id(), again.toString()));
      String told = "the same capture is given twice: " + capture + ", " + again;
      assertTrue(console.err().contains(told), console::err);
      assertTrue(Files.notExists(Path.of(out)));
    }
  }

  /** Snapshots carry the id of their session. */
  @ParameterizedTest
  @EnumSource(
      value = ExportFormat.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"PMU_CSV", "SCOPE_STATS_JSONL"})
  void shouldExportTwoSnapshotsOfOneSession(ExportFormat format) throws IOException {
    writeSnapshot("first", 1);
    String first = capture;
    writeSnapshot("second", 2);
    assertEquals(ExitCode.FINE, export("--format", format.id(), first), console::err);
    List<String> written = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of(out))) {
      files
          .filter(Files::isRegularFile)
          .map(file -> Path.of(out).relativize(file).toString())
          .filter(name -> format != ExportFormat.PARQUET || name.contains("sessions"))
          .sorted()
          .forEach(written::add);
    }
    String id = "01234567-89ab-cdef-fedc-ba9876543210";
    List<String> times = List.of("-20260901-120001.000", "-20260901-120002.000");
    if (format.isTrace()) {
      String text = Files.readString(Path.of(out), StandardCharsets.ISO_8859_1);
      for (String time : times) {
        assertTrue(text.contains("dev 0 session 1 01234567" + time + " / Lost records"), time);
      }
    } else if (format == ExportFormat.PARQUET) {
      String folder = "sessions/host=test-host/device=0/session=1/";
      assertEquals(times.stream().map(t -> folder + id + t + ".parquet").toList(), written);
    } else if (format == ExportFormat.CSV) {
      assertEquals(2 * 7, written.size(), written::toString);
    } else {
      assertEquals(4, written.size(), written::toString);
    }
  }

  private void writeSnapshot(String name, int second) throws IOException {
    Path path = directory.resolve(name);
    CaptureManifest manifest = CaptureBuilder.manifest("l2-2026.06/a2a3", 3, 1, 1, 4);
    Instant taken = manifest.clock().startedAt().plusSeconds(second);
    manifest = manifest.with(new CaptureManifest.Snapshot("request", taken, 0, 10));
    try (CaptureBuilder builder = new CaptureBuilder(path, manifest)) {
      builder.run(1, 0);
      ByteBuffer records = CaptureBuilder.zeros(BufferKind.AICORE_TASK, 4);
      builder.records(BufferKind.AICORE_TASK, 0, 0, 0, 10, records);
      builder.drop(BufferKind.AICORE_TASK, 0, DropCause.HOST_LATE, 4, 20);
    }
    capture = path.toString();
  }

  @Test
  void shouldFindACaptureByName() {
    capture = "a capture";
    assertEquals(
        ExitCode.FINE, export("--format", "perfetto", "--directory", directory.toString()));
    assertTrue(Files.exists(Path.of(out)));
  }

  @Test
  void shouldNameTheFormatsThatThereAre() {
    assertEquals(ExitCode.USAGE, export("--format", "pdf"));
    assertTrue(console.err().contains("records-json, chrome-trace, perfetto, csv"), console::err);
  }

  @Test
  void shouldRefuseAnOutputThatExists() throws IOException {
    Files.writeString(Path.of(out), "precious");
    assertEquals(ExitCode.FAILED, export("--format", "perfetto"));
    assertTrue(console.err().contains("--force"), console::err);
    assertEquals("precious", Files.readString(Path.of(out)));
    assertEquals(ExitCode.FINE, export("--format", "perfetto", "--force"));
  }

  private void writeTwoRuns() throws IOException {
    Path path = directory.resolve("two runs");
    CaptureManifest manifest = CaptureBuilder.manifest("chip-2026.08/a2a3", 3, 1, 1, 4);
    HostTime at = new HostTime(1, 1, "");
    CaptureManifest.RunWindow first =
        new CaptureManifest.RunWindow(1, 0, "out/First_1", at, Optional.of(at));
    CaptureManifest.RunWindow second =
        new CaptureManifest.RunWindow(2, 0, "out/Second_2", at, Optional.of(at));
    try (CaptureBuilder builder = new CaptureBuilder(path, manifest.with(List.of(first, second)))) {
      for (int run = 1; run <= 2; run++) {
        builder.run(run, 0);
        for (BufferKind kind : BufferKind.TIMED) {
          builder.records(kind, 0, 0, 0, 10, CaptureBuilder.zeros(kind, 4 * run));
        }
      }
    }
    capture = path.toString();
  }

  private long rows(Path file) throws IOException {
    return Files.readString(file).split("\"aicpu_scheduler", 2)[0].lines().count();
  }

  @Test
  void shouldNotMixRunsInAFileThatHasNoPlaceForThem() throws IOException {
    writeTwoRuns();
    assertEquals(ExitCode.USAGE, export("--format", "records-json"));
    assertTrue(console.err().contains("the capture has 2 runs"), console::err);
    assertTrue(console.err().contains("1 (out/First_1), 2 (out/Second_2)"), console::err);
    assertEquals(ExitCode.FINE, export("--format", "csv"), console::err);
  }

  @Test
  void shouldExportOneRun() throws IOException {
    writeTwoRuns();
    long[] rows = new long[2];
    for (String run : List.of("1", "2", "last", "Second_2", "out/Second_2")) {
      assertEquals(
          ExitCode.FINE, export("--format", "records-json", "--run", run, "--force"), console::err);
      int which = run.equals("1") ? 0 : 1;
      rows[which] = rows[which] == 0 ? rows(Path.of(out)) : rows[which];
      assertEquals(rows[which], rows(Path.of(out)), run);
    }
    // Four more AICore and four more AICPU rows.
    assertEquals(rows[0] + 8, rows[1]);
    for (String run : List.of("3", "Third", "0")) {
      assertEquals(ExitCode.FAILED, export("--format", "records-json", "--run", run), run);
      assertTrue(console.err().contains("no run " + run), console::err);
    }
  }

  @Test
  void shouldExportEachRunToAFileOfItsOwn() throws IOException {
    writeTwoRuns();
    assertEquals(ExitCode.FINE, export("--format", "records-json", "--run", "all"), console::err);
    for (int run = 1; run <= 2; run++) {
      assertTrue(
          Files.isRegularFile(Path.of(out, "run-" + run, "chip_swimlane_records.json")), out);
    }
    assertEquals(
        ExitCode.FINE, export("--format", "records-json", "--run", "all", "--force"), console::err);
    out += "/";
    assertEquals(ExitCode.USAGE, export("--format", "perfetto"));
    assertTrue(console.err().contains("name a file in it"), console::err);
  }

  @Test
  void shouldCountFromTheBootOfTheHostWhereAsked() throws IOException {
    assertEquals(
        ExitCode.FINE, export("--format", "chrome-trace", "--time", "relative"), console::err);
    assertTrue(Files.readString(Path.of(out)).contains("\"time_zero_ns\":\"0\""));
    assertEquals(
        ExitCode.FINE,
        export("--format", "chrome-trace", "--time", "absolute", "--force"),
        console::err);
    assertTrue(Files.readString(Path.of(out)).matches("(?s).*time_zero_ns\":\"[1-9].*"));
    assertEquals(ExitCode.USAGE, export("--format", "perfetto", "--time", "wall"));
  }

  @Test
  void shouldEndWhenTheOperatorSaysSo() {
    stopSignal.request();
    assertEquals(ExitCode.FAILED, export("--format", "chrome-trace"));
    assertTrue(console.err().contains("stopped"), console::err);
    assertTrue(Files.notExists(Path.of(out)));
  }

  @Test
  void shouldRefuseOptionsOfOtherFormats() {
    assertEquals(ExitCode.USAGE, export("--format", "csv", "--deps", "deps.json"));
    assertTrue(console.err().contains("--deps"), console::err);
    assertEquals(ExitCode.USAGE, export("--format", "perfetto", "--level-key", "l2"));
    assertEquals(ExitCode.USAGE, export("--format", "perfetto", "--from", "2s", "--to", "1s"));
    assertEquals(ExitCode.USAGE, export("--format", "perfetto", "--cores", "a-b"));
    assertTrue(console.err().contains("0-7,12"), console::err);
    assertEquals(ExitCode.USAGE, export("--format", "csv", "--cores", "1,3"));
    assertTrue(console.err().contains("names core 3"), console::err);
    assertTrue(console.err().contains("has cores 0 to 2"), console::err);
    assertTrue(Files.notExists(Path.of(out)));
  }

  @Test
  void shouldNameTheFileThatCouldNotBeWritten() {
    out = "/dev/full";
    assumeTrue(Files.isWritable(Path.of(out)), "this machine has no /dev/full");
    assertEquals(ExitCode.FAILED, export("--format", "perfetto"));
    assertTrue(console.err().contains("/dev/full: No space left on device"), console::err);
  }

  @Test
  void shouldSayWhatIsWrongWithAFile() throws IOException {
    assertEquals(ExitCode.FAILED, export("--format", "perfetto", "--deps", out + ".none"));
    assertTrue(console.err().contains("no such dependency file"), console::err);
    Path bad = Files.writeString(directory.resolve("bad.json"), "{\"edges\":[{\"pred\":");
    assertEquals(ExitCode.FAILED, export("--format", "perfetto", "--deps", bad.toString()));
    assertEquals(ExitCode.FAILED, export("--format", "perfetto", "--names", bad.toString()));
    assertTrue(console.err().contains("not a name map"), console::err);
    assertTrue(Files.notExists(Path.of(out)));
  }

  @Test
  void shouldDrawProgress() {
    assertEquals(
        "[###############---------------]  50 %, 1.0 M records/s, 1 s left",
        ExportProgress.text(1_000_000, 2_000_000, 1));
  }
}
