package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.output.capture.CaptureBuilder;
import dev.sluice.output.capture.CaptureManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaptureCommandsTest {
  private static final CaptureManifest MANIFEST = withoutContent();

  @TempDir private Path folder;
  private final StopSignal stopSignal = new StopSignal();
  private final Console console =
      new Console(
          new CapturesCommand(new StopSignal()),
          new VerifyCommand(stopSignal),
          new SnapshotCommand());

  private static CaptureManifest withoutContent() {
    CaptureManifest m = CaptureBuilder.manifest("chip-2026.08/a2a3", 6, 2, 1, 4);
    return new CaptureManifest(
        m.format(),
        m.id(),
        m.origin(),
        m.geometry(),
        m.overrides(),
        m.cores(),
        m.clock(),
        java.util.Optional.empty(),
        m.outcome(),
        m.snapshot());
  }

  @BeforeEach
  void capture() throws IOException {
    try (CaptureBuilder builder = new CaptureBuilder(folder.resolve("a b"), MANIFEST)) {
      builder.records(
          BufferKind.AICPU_TASK, 0, 0, 0, 1, CaptureBuilder.zeros(BufferKind.AICPU_TASK, 1_234));
    }
  }

  private int run(String... arguments) {
    return console.run(arguments);
  }

  @Test
  void shouldNotTakeADirectoryThatCannotBeListedForAnEmptyOne() throws Exception {
    assertEquals(ExitCode.FAILED, run("captures", "--directory", folder + "/none"));
    assertTrue(console.err().contains("no such directory: " + folder + "/none"), console.err());
    Path file = Files.createFile(folder.resolve("file"));
    assertEquals(ExitCode.FAILED, run("captures", "--directory", file.toString()));
    assertTrue(console.err().contains(file + " cannot be read: not a directory"), console.err());
    Path closed = Files.createDirectory(folder.resolve("20260901-120000.000-d0-s1"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    assertEquals(ExitCode.FINE, run("captures", "--directory", folder.toString()));
    // Root can read it anyway.
    assertEquals(!Files.isExecutable(closed), console.out().contains("unreadable"), console.out());
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void shouldListCaptures() throws Exception {
    assertEquals(ExitCode.FINE, run("captures", "--directory", folder.toString()));
    assertTrue(console.out().contains("a b  "), console.out());
    assertTrue(console.out().contains("1,234"), console.out());
    Console json = new Console(new CapturesCommand(new StopSignal()));
    json.run("captures", "--json", "--directory", folder.toString());
    Map<String, Object> object = Json.parse(json.out(), "captures");
    Map<String, Object> entry = Json.objects(object, "captures").get(0);
    assertEquals(1_234, Json.whole(entry, "captured_records"));
    assertEquals("detached", Json.text(entry, "state"));
  }

  @Test
  void shouldSayThatThereAreNone() throws Exception {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertEquals(ExitCode.FINE, run("captures", "--directory", empty.toString()));
    assertTrue(console.out().startsWith("no captures in"), console.out());
  }

  @Test
  void shouldFollowACaptureToItsEnd() {
    assertEquals(
        ExitCode.FINE, run("captures", "--follow", "a b", "--directory", folder.toString()));
    assertTrue(console.out().contains("1 new frames; 1,234 records"), console.out());
  }

  @Test
  void shouldFindACaptureWholeByPathOrName() {
    assertEquals(ExitCode.FINE, run("verify", folder.resolve("a b").toString()));
    assertEquals(ExitCode.FINE, run("verify", "--directory", folder.toString(), "a b"));
    assertTrue(console.out().contains("Intact: every record"), console.out());
  }

  @Test
  void shouldFindACaptureByTheBeginningOfItsNameOrAsTheLatest() throws IOException {
    for (String name : List.of("20260901-120000.000-d0-s1", "20260902-120000.000-d0-s2")) {
      new CaptureBuilder(folder.resolve(name), MANIFEST).close();
    }
    String in = "--directory=" + folder;
    run("verify", "20260901", in, "--json");
    assertTrue(console.out().contains("20260901-120000.000-d0-s1"), console.out());
    assertEquals(ExitCode.FAILED, run("verify", "202609", in));
    assertTrue(console.err().contains("2 captures begin with 202609"), console.err());
    assertEquals(ExitCode.FAILED, run("verify", "2027", in));
    assertTrue(console.err().contains("no capture 2027 in " + folder), console.err());
    Console latest = new Console(new VerifyCommand(stopSignal));
    latest.run("verify", "a", in, "--json");
    assertTrue(latest.out().contains("a b"), latest.out());
    latest.run("verify", "latest", in, "--json");
    assertTrue(latest.out().contains("a b"), "by name: " + latest.out());
  }

  @Test
  void shouldFindASnapshotByTheNameThatIsListed() throws IOException {
    Files.createDirectory(folder.resolve("snapshots"));
    Files.move(folder.resolve("a b"), folder.resolve("snapshots/a b"));
    run("captures", "--directory", folder.toString());
    assertTrue(console.out().contains("snapshots/a b  "), console.out());
    assertEquals(ExitCode.FINE, run("verify", "--directory", folder.toString(), "snapshots/a b"));
    assertEquals(ExitCode.FINE, run("verify", "--directory", folder.toString(), "a b"));
  }

  @Test
  void shouldNotPromiseMoreOfASnapshotThanItsWindow() throws IOException {
    CaptureManifest.Snapshot part =
        new CaptureManifest.Snapshot("operator", Instant.parse("2026-09-01T12:00:00Z"), 0, 1);
    Path snapshot = folder.resolve("part");
    new CaptureBuilder(snapshot, MANIFEST.with(part)).close();
    assertEquals(ExitCode.FINE, run("verify", snapshot.toString()), console.err());
    assertTrue(console.out().endsWith("of the snapshot's window is here.\n"), console.out());
  }

  @Test
  void shouldFailOnADamagedCaptureAndSayWhere() throws IOException {
    Path segment = folder.resolve("a b/000000.seg");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[64 + 64 + 12] ^= 4; // in the first frame's payload
    Files.write(segment, bytes);
    assertEquals(ExitCode.FAILED, run("verify", "--json", folder.resolve("a b").toString()));
    assertTrue(console.out().contains("000000.seg, byte 64"), console.out());
  }

  @Test
  void shouldEndACheckWhenTheOperatorSaysSo() {
    stopSignal.request();
    assertEquals(ExitCode.FAILED, run("verify", folder.resolve("a b").toString()));
    assertTrue(console.err().contains("no verdict"), console.err());
    assertEquals("", console.out());
  }

  @Test
  void shouldTellMissingRecordsByTheExitCode() throws IOException {
    new CaptureBuilder(folder.resolve("killed"), MANIFEST).kill();
    assertEquals(ExitCode.RECORDS_LOST, run("verify", folder.resolve("killed").toString()));
    assertTrue(console.out().contains("Intact, but records are missing."), console.out());
  }

  @Test
  void shouldSayWhatToDoWhenThereIsNoSuchCaptureOrDaemon() {
    assertEquals(ExitCode.FAILED, run("verify", "--directory", folder.toString(), "nothing"));
    String list = "sluice captures --directory " + folder;
    assertTrue(console.err().contains("see '" + list + "'"), console.err());
    assertEquals(
        ExitCode.FAILED, run("snapshot", "--socket", folder.resolve("no.sock").toString()));
    assertTrue(console.err().contains("start one with 'sluice daemon'"), console.err());
  }
}
