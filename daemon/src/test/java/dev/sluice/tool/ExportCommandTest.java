package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
      for (BufferKind kind : BufferKind.ALL) {
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
    assertTrue(console.err().contains("are 0 to 2"), console::err);
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
