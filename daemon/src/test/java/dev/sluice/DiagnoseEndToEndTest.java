package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.bridge.NativeTools;
import dev.sluice.config.Configuration;
import dev.sluice.tool.Console;
import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.ExitCode;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.diagnose.DiagnoseCommand;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code sluice diagnose} with real daemons and a real producer. A full diagnosis takes half a
 * minute, so each case stops it as soon as it has checked its point.
 */
@ExtendWith(FailureDump.class)
@Timeout(60)
class DiagnoseEndToEndTest {
  private static final String[] TRAINING = {
    "--layout",
    "chip-2026.08/a2a3",
    "--cores",
    "2",
    "--aicpu-threads",
    "1",
    "--rate",
    "1000000",
    "--duration-ns",
    "60000000000"
  };

  @TempDir private Path folder;

  private final StopSignal stopSignal = new StopSignal();
  private final Host host = new Host();
  private final Console console =
      new Console(new DiagnoseCommand(host, new DiagnoseProbes(), stopSignal));
  private Thread watcher;

  /** Starts real daemons and counts them. */
  private final class Host implements DaemonHost {
    private final DaemonHost real = new SluiceHost(Sluice.buildInfo(), Map.of());
    private int starts;
    private boolean isToBeInterrupted;

    @Override
    public Running start(Optional<Path> config, Map<String, String> overrides)
        throws ToolException {
      Running running = real.start(config, overrides);
      starts++;
      if (isToBeInterrupted) {
        interruptOnceItRuns(DaemonClient.onPort(running.httpPort()));
      }
      return running;
    }

    @Override
    public void check(Configuration configuration) {
      real.check(configuration);
    }
  }

  /** Interrupts, like Ctrl-C, in the middle of the first run of the diagnosis. */
  private void interruptOnceItRuns(DaemonClient client) {
    watcher =
        new Thread(
            () -> {
              try {
                Await.until(
                    () ->
                        client.sessions().stream()
                            .anyMatch(session -> session.name().startsWith("diagnose-")),
                    () -> "no run of the diagnosis");
              } catch (Exception e) {
                throw new AssertionError(e);
              } finally {
                stopSignal.request();
              }
            },
            "interrupts-diagnose");
    watcher.start();
  }

  @AfterEach
  void stopTheWatcher() throws InterruptedException {
    if (watcher != null) {
      watcher.join();
    }
  }

  private static List<String> names(TestDaemon daemon) throws Exception {
    List<String> names = new ArrayList<>();
    for (SessionView session : daemon.sessions()) {
      names.add(session.name());
    }
    return names;
  }

  private int diagnose(TestDaemon daemon, String... more) {
    String[] target = {
      "diagnose",
      "--quick",
      "--socket=" + daemon.attachSocket(),
      "--url=http://127.0.0.1:" + daemon.httpPort()
    };
    return console.run(Stream.concat(Stream.of(target), Stream.of(more)).toArray(String[]::new));
  }

  @Test
  void shouldLeaveADaemonAloneThatIsInUse() throws Exception {
    try (TestDaemon daemon = TestDaemon.start();
        TestProducer training = daemon.producer("training", TRAINING)) {
      daemon.await("training", session -> session.total().collected() > 0);
      assertEquals(ExitCode.FAILED, diagnose(daemon));
      assertTrue(console.err().contains("serves 1 session(s)"), console.err());
      assertTrue(console.err().contains("use --force"), console.err());
      assertEquals(1, console.err().strip().lines().count(), console.err());
      assertEquals(List.of("training"), names(daemon));
      training.stop();
      assertEquals(0, training.await().exitCode());
    }
    assertEquals(0, host.starts);
  }

  @Test
  void shouldDiagnoseItNeverthelessIfForcedAndReportWhatThereIsWhenInterrupted() throws Exception {
    Path html = folder.resolve("report.html");
    try (TestDaemon daemon = TestDaemon.start();
        TestProducer training = daemon.producer("training", TRAINING)) {
      daemon.await("training", session -> session.total().collected() > 0);
      interruptOnceItRuns(DaemonClient.onPort(daemon.httpPort()));
      assertEquals(ExitCode.FAILED, diagnose(daemon, "--force", "--device=1", "--html=" + html));
      assertEquals(2, names(daemon).size(), "one run of the diagnosis, and no more");
      training.stop();
      assertEquals(0, training.await().exitCode());
      assertEquals(0, daemon.session("training").total().unaccounted());
    }
    assertEquals(0, host.starts, "no daemon but the one that was named");
    String text = console.out();
    assertTrue(text.startsWith("PARTIAL: interrupted before the end."), text);
    assertTrue(text.contains("mapping_copy_32k") && text.contains("control_path"), text);
    assertFalse(text.contains("refill_latency_worst"), "was not measured");
    assertTrue(text.contains("No verdict: interrupted"), text);
    assertTrue(Files.readString(html).contains("\"partial\" : true"));
  }

  @Test
  void shouldHaveADaemonOfItsOwnByDefaultAndRemoveAllOfIt() throws Exception {
    host.isToBeInterrupted = true;
    Path captures = Files.createDirectory(folder.resolve("captures"));
    try (TestDaemon daemon = TestDaemon.start();
        TestProducer training = daemon.producer("training", TRAINING)) {
      daemon.await("training", session -> session.total().collected() > 0);
      assertEquals(
          ExitCode.FAILED,
          console.run("diagnose", "--quick", "--json", "--capture-directory=" + captures));
      assertEquals(List.of("training"), names(daemon), "no other session is touched");
      training.stop();
      assertEquals(0, training.await().exitCode());
    }
    assertEquals(1, host.starts);
    assertTrue(console.out().contains("\"partial\" : true"), console.out());
    try (Stream<Path> left = Files.list(captures)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void shouldSayThatOthersUsedTheProcessors() throws Exception {
    host.isToBeInterrupted = true;
    CountDownLatch over = new CountDownLatch(1);
    Thread[] others = new Thread[Runtime.getRuntime().availableProcessors()];
    for (int i = 0; i < others.length; i++) {
      others[i] =
          new Thread(
              () -> {
                while (over.getCount() > 0) {
                  Thread.onSpinWait();
                }
              });
      others[i].start();
    }
    try {
      assertEquals(ExitCode.FAILED, console.run("diagnose", "--quick"));
    } finally {
      over.countDown();
      for (Thread other : others) {
        other.join();
      }
    }
    assertTrue(console.out().contains("The machine was not quiet"), console.out());
    assertTrue(console.out().contains("of the CPUs before the first experiment"), console.out());
  }

  @Test
  void shouldSayInOneLineThatTheArenaHasNoRoom() {
    assertEquals(
        ExitCode.FAILED, console.run("diagnose", "--quick", "--set=sluice.arena.bytes=1MiB"));
    assertEquals(1, console.err().strip().lines().count(), console.err());
    assertTrue(console.err().contains("no arena for chip-2026.09/a2a3, 24 cores"), console.err());
    assertTrue(console.err().contains("sluice.arena.bytes allows 1048576"), console.err());
    assertEquals(0, host.starts, "found out before anything was started");
  }

  @Test
  void shouldPassOnWhyARunningDaemonGivesNoArena() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.arena.bytes=1MiB")) {
      assertEquals(ExitCode.FAILED, diagnose(daemon));
    }
    assertTrue(console.err().contains("sluice.arena.bytes allows 1048576"), console.err());
  }

  /** Starts the command as a process; standard error goes to a file that a test can poll. */
  private Process process(Path errors, String shellPrefix) throws Exception {
    return new ProcessBuilder(
            "/bin/sh",
            "-c",
            shellPrefix + " \"$@\"",
            "sh",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // The file size limit would also hit the JVM's perf data file.
            "-XX:-UsePerfData",
            "-D"
                + NativeTools.PATH_PROPERTY
                + "="
                + System.getProperty(NativeTools.PATH_PROPERTY, ""),
            "-cp",
            System.getProperty("java.class.path"),
            Sluice.class.getName(),
            "diagnose",
            "--quick")
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(errors.toFile())
        .start();
  }

  @Test
  void shouldSayThatOneProcessorIsNotEnough() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/taskset")), "needs taskset of util-linux");
    Path errors = folder.resolve("err");
    Process process = process(errors, "exec taskset -c 0");
    try {
      // The first progress line appears after three seconds, long before the end.
      Await.until(
          () -> Files.readString(errors).contains(" %"), () -> "says nothing of its progress");
      process.destroy();
      assertEquals(ExitCode.FAILED, process.waitFor());
    } finally {
      process.destroyForcibly().waitFor();
    }
    String text = Files.readString(folder.resolve("out"));
    assertTrue(text.startsWith("PARTIAL"), text);
    assertTrue(text.contains("The machine was not quiet"), text);
    assertTrue(text.contains("only one CPU: the device and the daemon take turns"), text);
  }

  @Test
  void shouldSayInOneLineThatTheHostGivesNoSharedMemory() throws Exception {
    Path errors = folder.resolve("err");
    // 32 MiB, half of what the first experiment needs.
    Process process = process(errors, "ulimit -f 65536; exec");
    try {
      assertEquals(ExitCode.FAILED, process.waitFor());
    } finally {
      process.destroyForcibly().waitFor();
    }
    String said = Files.readString(errors);
    assertTrue(said.contains("sluice: no shared memory for an arena"), said);
    assertFalse(said.contains("\tat "), said);
  }
}
