package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.sluice.tool.StopSignal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts that are refused with one line of advice, and stops that lose nothing. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class DaemonLifecycleTest {
  private static final Pattern BOOKS =
      Pattern.compile(
          "run daemon stopped: produced (\\d+), collected (\\d+), dropped (\\d+), salvaged (\\d+),"
              + " never started 0, in flight (\\d+), unaccounted (-?\\d+)");

  private Path folder;

  @BeforeEach
  void makeFolder() {
    folder = TestDaemon.newFolder();
  }

  @AfterEach
  void deleteFolder() {
    TestDaemon.delete(folder);
  }

  /** Exit code and standard error of a command. */
  private record Ending(int exitCode, String errors) {}

  /** Runs {@code sluice daemon} for a start that must fail. */
  private static Ending daemonCommand(Path folder, String... settings) {
    List<String> arguments = new ArrayList<>(List.of("daemon"));
    List<String> all = new ArrayList<>(TestDaemon.settingsFor(folder));
    all.addAll(List.of(settings));
    all.forEach(setting -> arguments.addAll(List.of("--set", setting)));
    StringWriter errors = new StringWriter();
    // A daemon that starts against expectation would wait for a signal forever.
    StopSignal stopSignal = new StopSignal();
    stopSignal.request();
    int exitCode =
        Sluice.commandLine(new SluiceHost(Sluice.buildInfo(), Map.of()), stopSignal)
            .setErr(new PrintWriter(errors, true))
            .execute(arguments.toArray(String[]::new));
    return new Ending(exitCode, errors.toString());
  }

  private static void assertRefused(Ending ending, String... words) {
    assertEquals(1, ending.exitCode(), ending::errors);
    assertEquals(1, ending.errors().lines().count(), ending::errors);
    for (String word : words) {
      assertTrue(ending.errors().contains(word), () -> word + " in: " + ending.errors());
    }
  }

  @Test
  void shouldRefuseASecondDaemonAndLeaveTheFirstAlone() throws Exception {
    try (TestDaemon first = TestDaemon.start();
        TestProducer producer =
            first.producer("first", "--rate", "20000000", "--duration-ns", "60000000000")) {
      first.await("first", session -> session.total().collected() > 0);
      assertRefused(daemonCommand(first.folder()), "another daemon listens on");
      try (DaemonProcess second = DaemonProcess.start("", first.folder())) {
        assertEquals(1, second.awaitEnd());
        assertTrue(second.output().contains("sluice: another daemon listens on"), second::output);
      }
      producer.stop();
      TestProducer.Report device = producer.await();
      Law.assertExact(first.session("first"), device);
      assertTrue(first.isHealthy());
    }
  }

  @Test
  void shouldRefuseASocketPathThatNoSocketCanHave() {
    Path longPath = folder.resolve("a".repeat(100));
    for (String key : List.of("sluice.attach.socket", "sluice.control.socket")) {
      Ending ending = daemonCommand(folder, key + "=" + longPath);
      assertEquals(2, ending.exitCode(), "a wrong setting is wrong usage");
      assertEquals(1, ending.errors().lines().count(), ending::errors);
      assertTrue(ending.errors().contains(key), ending::errors);
      assertTrue(ending.errors().contains("at most 107 bytes"), ending::errors);
    }
  }

  @Test
  void shouldRefuseASocketPathThatCannotBeWritten() {
    assertRefused(
        daemonCommand(folder, "sluice.attach.socket=" + folder.resolve("none/attach.sock")),
        "no directory",
        "sluice.attach.socket");
    // No user can create files in /proc, not even root.
    assertRefused(
        daemonCommand(folder, "sluice.attach.socket=/proc/attach.sock"), "/proc", "attach");
  }

  @Test
  void shouldRefuseAPortThatIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertRefused(daemonCommand(folder, "sluice.http.listen=127.0.0.1:" + port), port);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"l2-2026.06/a2a3", "l2-2026.07/a2a3", "chip-2026.08/a2a3"})
  void shouldRunOnTheSmallestLegalPoolsAndRefuseSmallerOnes(String layout) throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      String[] flood = {"--layout", layout, "--duration-ns", "200000000", "--buffers", "2,2,2,3"};
      TestProducer.Report device = daemon.run("smallest", flood);
      Law.assertExact(daemon.session("smallest"), device);
      String[] counts = {"1,2,2,3", "2,1,2,3", "2,2,1,3", "2,2,2,2"};
      String[] kinds = {"aicpu_task", "sched_phase", "orch_phase", "aicore_task"};
      for (int i = 0; i < counts.length; i++) {
        TestProducer.Report refused =
            daemon.run("below", "--layout", layout, "--buffers", counts[i]);
        assertEquals(1, refused.exitCode());
        assertEquals(1, refused.errors().lines().count(), refused.errors());
        assertTrue(refused.errors().contains(kinds[i] + ": "), refused.errors());
        assertTrue(refused.errors().contains("quota floor("), refused.errors());
        assertTrue(refused.errors().contains("below the smallest legal"), refused.errors());
      }
      assertEquals(1, daemon.sessions().size(), "a refused attach is no session");
    }
  }

  @Test
  void shouldRefuseAnArenaAboveTheLimit() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.arena.bytes=4MiB")) {
      TestProducer.Report refused = daemon.run("large");
      assertEquals(1, refused.exitCode());
      assertTrue(
          refused.errors().contains("sluice.arena.bytes allows 4194304: use fewer buffers or"),
          refused.errors());
      TestProducer.Report absurd = daemon.run("absurd", "--buffers", "0,0,0,1000000");
      assertEquals(1, absurd.exitCode());
      assertTrue(
          absurd.errors().contains("a ready queue takes 991 (entries - 1): use fewer, or"),
          absurd.errors());
      TestProducer.Report small =
          daemon.run(
              "small",
              "--level",
              "1",
              "--cores",
              "2",
              "--aicpu-threads",
              "1",
              "--duration-ns",
              "50000000");
      Law.assertExact(daemon.session("small"), small);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "l2-2026.06/a2a3, 0", "l2-2026.06/a2a3, 50",
    "l2-2026.07/a5, 0", "l2-2026.07/a5, 50",
    "chip-2026.08/a2a3, 0", "chip-2026.08/a2a3, 50",
  })
  void shouldSettleRunningSessionsWhenItStops(String layout, String guardMs) throws Exception {
    TestDaemon daemon = TestDaemon.start();
    try (TestProducer producer =
        daemon.producer(
            "running",
            "--layout",
            layout,
            "--rate",
            "200000000",
            "--duration-ns",
            "700000000",
            "--guard-ms",
            guardMs)) {
      daemon.await("running", session -> session.total().collected() > 0);
      long beganNs = System.nanoTime();
      daemon.close();
      double seconds = (System.nanoTime() - beganNs) / 1e9;
      assertTrue(seconds < 5, () -> "stopping took " + seconds + " s");
      assertBooksWereSettled(String.join("\n", daemon.logged(Level.INFO, "run daemon stopped")));
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
      TestProducer.Report device = producer.await();
      assertEquals(1, device.exitCode(), device::errors);
      if (guardMs.equals("0")) {
        assertTrue(device.errors().contains("the daemon closed the connection"), device::errors);
      } else {
        // The guard recycles, so the workload runs to its end and only the books are lost.
        assertTrue(device.json().get("duration_seconds") instanceof Double d && d >= 0.7);
      }
    } finally {
      daemon.close();
    }
  }

  /**
   * Checks the accounting law for a device that runs on after the daemon stopped: what it still
   * holds is in flight.
   */
  private static void assertBooksWereSettled(String log) {
    Matcher books = BOOKS.matcher(log);
    assertTrue(books.find(), log);
    long[] terms = new long[6];
    for (int i = 0; i < terms.length; i++) {
      terms[i] = Long.parseLong(books.group(i + 1));
    }
    assertTrue(terms[0] > 0, log);
    assertTrue(terms[4] > 0, log);
    assertEquals(0, terms[5], log);
    assertEquals(terms[0], terms[1] + terms[2] + terms[3] + terms[4], log);
  }

  @Test
  void shouldStopInOrderOnSigterm() throws Exception {
    try (DaemonProcess daemon = DaemonProcess.start("", folder).awaitReady();
        TestProducer producer =
            TestProducer.start(
                folder.resolve("attach.sock"),
                "running",
                List.of("--rate", "50000000", "--duration-ns", "10000000000"))) {
      Await.until(() -> daemon.output().contains("run started"), daemon::output);
      int exitCode = daemon.terminate();
      assertEquals(0, exitCode, daemon::output);
      Matcher books = BOOKS.matcher(daemon.output());
      assertTrue(books.find(), daemon::output);
      assertTrue(daemon.output().strip().endsWith("stopped"), daemon::output);
      assertEquals(1, producer.await().exitCode());
    }
  }

  /** Too few descriptors even to load the command: it exits at once, without a grace period. */
  @Test
  void shouldEndAtOnceWithoutDescriptors() throws Exception {
    try (DaemonProcess daemon = DaemonProcess.start("ulimit -n 24;", folder)) {
      assertEquals(1, daemon.awaitEnd());
      assertTrue(daemon.output().contains("Exception in thread \"main\""), daemon::output);
    }
  }

  @Test
  void shouldRefuseToAttachWhenTheHostHasNoMemoryAndServeOnceItHas() throws Exception {
    // RLIMIT_FSIZE applies to a memfd, too: 4,000 blocks of 512 bytes.
    try (DaemonProcess daemon = DaemonProcess.start("ulimit -f 4000;", folder).awaitReady()) {
      Path socket = folder.resolve("attach.sock");
      try (TestProducer large = TestProducer.start(socket, "large", List.of())) {
        TestProducer.Report refused = large.await();
        assertEquals(1, refused.exitCode());
        assertEquals(1, refused.errors().lines().count(), refused.errors());
      }
      List<String> little =
          List.of("--level", "1", "--cores", "2", "--aicpu-threads", "1", "--tasks", "5000");
      try (TestProducer small = TestProducer.start(socket, "small", little)) {
        TestProducer.Report served = small.await();
        assertEquals(0, served.exitCode(), served.errors());
      }
      assertEquals(0, daemon.terminate(), daemon::output);
    }
  }

  @Test
  void shouldTakeOverTheSocketsOfADaemonThatWasKilled() throws Exception {
    try (DaemonProcess killed = DaemonProcess.start("", folder).awaitReady()) {
      killed.kill();
    }
    try (SluiceDaemon next = TestDaemon.start(folder, List.of());
        TestProducer producer =
            TestProducer.start(next.attachSocket(), "next", List.of("--duration-ns", "50000000"))) {
      assertEquals(0, producer.await().exitCode());
    }
  }
}
