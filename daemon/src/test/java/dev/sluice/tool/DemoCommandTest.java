package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
  @TempDir private Path folder;

  private final FakeDaemon daemon = new FakeDaemon();
  private final StopSignal stopSignal = new StopSignal();
  private final Console console = new Console(new DemoCommand(daemon, stopSignal));

  @Test
  void shouldPrintBalancedBooksAndExitFine() throws IOException {
    daemon.ended.add(FakeDaemon.session("t", 64_000, 0, 0));
    try (FakeProducer producer = FakeProducer.producing(folder, 64_000)) {
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t"), console.err());
      assertTrue(producer.arguments().contains("--json"));
    }
    assertTrue(console.out().contains("Every record was collected."), console.out());
    assertTrue(console.out().contains("aicpu_task"), console.out());
    assertTrue(console.out().contains("p50 1us   p99 2us   p99.9 3us   max 4us"), console.out());
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
    Files.delete(captures().resolve("a capture"));
    Files.delete(captures());
  }

  private Path captures() {
    return Path.of(daemon.overrides.get("sluice.capture.directory"));
  }

  @Test
  void shouldFailWithTheProducersOwnLine() throws IOException {
    try (FakeProducer ignored =
        new FakeProducer(folder, "echo 'sluice-producer: arena refused' >&2\nexit 1\n")) {
      assertEquals(ExitCode.FAILED, console.run("demo", "--name", "t"));
    }
    assertEquals("sluice: sluice-producer: arena refused", console.err().strip());
    assertEquals(1, daemon.closes);
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
      assertEquals(ExitCode.FINE, console.run("demo", "--name", "t"), console.err());
    }
    assertTrue(console.out().startsWith("Demo, ended early"), console.out());
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
