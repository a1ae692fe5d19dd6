package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
  private static final String TEMPORARY = "java.io.tmpdir";

  @TempDir private Path folder;

  private final String temporaryBefore = System.getProperty(TEMPORARY);
  private Path temporary;

  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private final Console console = new Console(new DemoCommand(daemon, stopSignal));

  @BeforeEach
  void placeTemporaryFilesHere() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
    System.setProperty(TEMPORARY, temporary.toString());
  }

  @AfterEach
  void placeThemAsBefore() {
    System.setProperty(TEMPORARY, temporaryBefore);
  }

  @Test
  void shouldPrintBalancedBooksAndExitFine() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 64_000, 0, 0));
    try (FakeProducer producer = FakeProducer.producing(folder, 64_000)) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t"), console.err());
      assertTrue(producer.arguments().contains("--json"));
    }
    String[] lines = console.out().split("\n", -1);
    assertEquals(
        "Nothing was lost: all 64,000 records were collected, and the device never waited.",
        lines[0] + " " + lines[1],
        "the verdict comes first");
    assertEquals(
        List.of(
            "  records     produced  collected  dropped  salvaged  unaccounted",
            "  aicpu_task    64,000     64,000        0         0            0",
            "  all           64,000     64,000        0         0            0",
            "  producer counted   64,000"),
        console.out().lines().skip(5).limit(4).toList());
    assertTrue(console.out().contains("p50 1us  p99 2us  p99.9 3us  max 4us"), console.out());
    assertEquals(1, daemon.closes);
  }

  @Test
  void shouldPrintOneJsonObjectAndNothingElse() throws IOException, ToolException {
    daemon.ended.add(FakeDaemon.session("t", 64_000, 0, 0));
    try (FakeProducer ignored = FakeProducer.producing(folder, 64_000)) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t", "--json"), console.err());
    }
    Map<String, Object> json = Json.parse(console.out(), "demo");
    assertEquals(64_000, Json.whole(json, "device_records"));
    assertEquals(64_000, Json.whole(Json.object(json, "producer"), "produced_records"));
  }

  @Test
  void shouldFitATerminalOfEightyColumns() throws IOException {
    Map<String, Object> session = FakeDaemon.session("t", 1_364_340_000, 132_944_003, 0);
    session.put("capture", FakeDaemon.capture(folder + "/c", 2_500_000_000L, 1_000_000_000, 7));
    daemon.ended.add(session);
    try (FakeProducer ignored = FakeProducer.producing(folder, 1_364_340_000)) {
      console.run("demo", "--name", "t");
    }
    List<String> tooLong =
        console
            .out()
            .lines()
            .filter(line -> line.length() > 80 && !line.contains(folder.toString()))
            .toList();
    assertEquals(List.of(), tooLong);
  }

  @Test
  void shouldPrintTheCaptureItsSizeAndCommandsToPaste() throws IOException, ToolException {
    Path capture = Files.createDirectories(folder.resolve("a b/c"));
    Files.write(capture.resolve("000000.seg"), new byte[3_000]);
    Files.write(capture.resolve("manifest.json"), new byte[500]);
    Map<String, Object> session = FakeDaemon.session("t", 64_000, 0, 0);
    session.put("capture", FakeDaemon.capture(capture.toString(), 9_999, 64_000, 0));
    daemon.ended.add(session);
    System.setProperty(Invocation.PROPERTY, "./sluice");
    try (FakeProducer ignored = FakeProducer.producing(folder, 64_000)) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t"), console.err());
      assertTrue(console.out().contains("\nCapture, 3500B:\n  " + capture + "\n"), console.out());
      assertTrue(console.out().contains("\n  ./sluice verify '" + capture + "'\n"), console.out());
      assertFalse(console.out().contains("--no-capture"), "the disk was not the limit");

      Console second = new Console(new DemoCommand(daemon, stopSignal));
      assertEquals(ExitCode.FINE, second.run("demo", "--name", "t", "--json"), second.err());
      Map<String, Object> json = Json.parse(second.out(), "demo");
      assertEquals(capture.toString(), json.get("capture"));
      assertEquals(3_500, Json.whole(json, "capture_bytes"));
      assertEquals(false, json.get("interrupted"));
    } finally {
      System.clearProperty(Invocation.PROPERTY);
    }
  }

  @Test
  void shouldSayWhatHelpsWhenTheDiskIsTheLimit() throws IOException {
    Map<String, Object> session = FakeDaemon.session("t", 64_000, 0, 0);
    session.put("capture", FakeDaemon.capture("/captures/one", 500_000_000, 64_000, 0));
    session.put(
        "ceilings",
        Map.of("storage", Map.of("utilization_ratio", 1, "worst_utilization_ratio", 1.6)));
    daemon.ended.add(session);
    try (FakeProducer ignored =
        new FakeProducer(folder, "echo '" + FakeProducer.report(64_000, 4) + "'\n")) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t", "--rate", "2GB/s"));
    }
    String words = console.out().replace('\n', ' ');
    assertTrue(words.contains("The limit was storage: /captures took 200MB/s."), words);
    assertTrue(
        words.contains("sluice demo --name t --rate 2GB/s --no-capture"), "the same once more");
    assertTrue(words.contains("--capture-directory or TMPDIR"), words);
  }

  @Test
  void shouldRefuseADirectoryThatCannotBeBeforeItStartsAnything() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertEquals(
        ExitCode.FAILED, console.run("demo", "--capture-directory", file.resolve("x").toString()));
    String message = "sluice: cannot create " + file.resolve("x") + " for the capture: ";
    assertTrue(console.err().startsWith(message), console.err());
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldRefuseARunWithoutAnEnd() {
    assertEquals(ExitCode.USAGE, console.run("demo", "--duration", "0s"));
    assertEquals(0, daemon.starts);
  }

  @Test
  void shouldExitWithRecordsLost() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 64_000, 1, 0));
    try (FakeProducer ignored = FakeProducer.producing(folder, 64_000)) {
      assertEquals(ExitCode.RECORDS_LOST, console.run("demo", "--name", "t"));
    }
    assertTrue(console.out().contains("host_late"), console.out());
    assertFalse(console.out().contains("inferred"), "causes that did not occur are noise");
  }

  @Test
  void shouldFailWhenTheBooksDoNotMatch() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 64_000, 0, 0));
    try (FakeProducer ignored = FakeProducer.producing(folder, 65_000)) {
      assertEquals(ExitCode.FAILED, console.run("demo", "--name", "t"));
    }
    assertTrue(console.out().contains("The books do not match"), console.out());
  }

  @Test
  void shouldLeaveAFolderForItsCaptureOnlyIfSomethingIsInIt() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 64_000, 0, 0));
    try (FakeProducer ignored = FakeProducer.producing(folder, 64_000)) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t"), console.err());
    }
    assertFalse(Files.exists(captures()));

    daemon.onStart =
        () -> {
          try {
            Files.createDirectory(captures().resolve("a capture"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    try (FakeProducer ignored = new FakeProducer(folder, "exit 1\n")) {
      assertEquals(ExitCode.FAILED, console.run("demo", "--name", "t"));
    }
    assertTrue(Files.exists(captures().resolve("a capture")));
  }

  @Test
  void shouldRemoveThePreviousCaptureUnlessAskedToKeepIt() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 10, 0, 0));
    daemon.onStart =
        () -> {
          try {
            Files.createDirectory(captures().resolve("a capture"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    try (FakeProducer ignored = FakeProducer.producing(folder, 10)) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t"), console.err());
      Path first = captures();
      assertEquals(temporary, first.getParent());
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t", "--keep-captures"));
      Path kept = captures();
      assertTrue(Files.exists(first));
      assertEquals(
          ExitCode.FINE,
          new Console(new DemoCommand(daemon, stopSignal)).run("demo", "--name", "t"));
      assertFalse(Files.exists(first));
      assertTrue(Files.exists(kept));
    }
  }

  private Path captures() {
    return Path.of(daemon.overrides.get("sluice.capture.directory"));
  }

  @Test
  void shouldFailWithTheProducersOwnLine() throws IOException {
    PrintStream before = System.err;
    ByteArrayOutputStream progress = new ByteArrayOutputStream();
    System.setErr(new PrintStream(progress, true, StandardCharsets.UTF_8));
    try (FakeProducer ignored =
        new FakeProducer(
            folder,
            """
            echo 'sluice-producer: a warning' >&2
            echo 'sluice-producer: arena refused' >&2
            exit 1
            """)) {
      // A new console, because picocli drops a configured writer once System.err changes.
      Console watched = new Console(new DemoCommand(daemon, stopSignal));
      assertEquals(ExitCode.FAILED, watched.run("demo", "--name", "t"));
      assertEquals("sluice: sluice-producer: arena refused", watched.err().strip());
    } finally {
      System.setErr(before);
    }
    String shown = progress.toString(StandardCharsets.UTF_8);
    assertTrue(shown.contains("sluice-producer: a warning\n"), shown);
    assertFalse(shown.contains("refused"), "said once: " + shown);
    assertEquals(1, daemon.closes);
  }

  @Test
  void shouldPassOnThatTheProducerWasAskedInTheWrongWay() throws IOException {
    try (FakeProducer ignored =
        new FakeProducer(folder, "echo 'sluice-producer: --misbehave: what?' >&2\nexit 2\n")) {
      assertEquals(ExitCode.USAGE, console.run("demo", "--name", "t"));
    }
  }

  @Test
  void shouldUseAPrivateFolderAndRemoveIt() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 10, 0, 0));
    try (FakeProducer producer = FakeProducer.producing(folder, 10)) {
      console.run("demo", "--name", "t", "--set", "sluice.threading=shared");
      Path socket = Path.of(daemon.overrides.get("sluice.attach.socket"));
      assertTrue(producer.arguments().contains(socket.toString()));
      assertTrue(socket.toString().length() < 108, "sockaddr_un");
      assertFalse(Files.exists(socket.getParent()));
    }
    assertEquals("127.0.0.1:0", daemon.overrides.get("sluice.http.listen"));
    assertEquals("shared", daemon.overrides.get("sluice.threading"));
  }

  @Test
  void shouldKeepTheDaemonUntilASignal() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 10, 0, 0));
    Thread signaller = signalWhen(() -> console.out().contains("collected") && daemon.closes == 0);
    try (FakeProducer ignored = FakeProducer.producing(folder, 10)) {
      signaller.start();
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t", "--keep"), console.err());
    }
    assertTrue(stopSignal.isRequested());
    assertEquals(1, daemon.closes);
  }

  @Test
  void shouldStopTheProducerOnASignalAndStillSettle() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 10, 0, 0));
    Path trapIsSet = folder.resolve("trap-is-set");
    String script =
        "trap \"echo '"
            + FakeProducer.report(10).replace("\"", "\\\"")
            + "'; exit 0\" TERM\n: > '"
            + trapIsSet
            + "'\nwhile :; do sleep 0.01; done\n";
    Thread signaller = signalWhen(() -> Files.exists(trapIsSet));
    try (FakeProducer ignored = new FakeProducer(folder, script)) {
      signaller.start();
      assertEquals(ExitCode.FAILED, console.run("demo", "--name", "t"), console.err());
    }
    assertTrue(
        console.out().startsWith("Interrupted after 2s of 10s. Nothing was lost: all 10 records"),
        console.out());
    assertTrue(console.out().contains("aicpu_task"), "the books so far");
  }

  @Test
  void shouldSayThatItWasInterruptedBeforeThereWasAnything() throws IOException {
    stopSignal.request();
    try (FakeProducer ignored = new FakeProducer(folder, "kill -TERM $$\n")) {
      assertEquals(ExitCode.FAILED, console.run("demo", "--name", "t"));
    }
    assertTrue(console.err().startsWith("sluice: interrupted without a result: "), console.err());
  }

  private Thread signalWhen(BooleanSupplier isTime) {
    Thread thread =
        new Thread(
            () -> {
              while (!isTime.getAsBoolean()) {
                Thread.onSpinWait();
              }
              stopSignal.request();
            },
            "signaller");
    thread.setDaemon(true);
    return thread;
  }
}
