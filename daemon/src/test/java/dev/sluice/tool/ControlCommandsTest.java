package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.config.ControlSettings;
import dev.sluice.service.Books;
import dev.sluice.service.ControlActions;
import dev.sluice.service.FakeView;
import dev.sluice.service.Labels;
import dev.sluice.service.ReloadOutcome;
import dev.sluice.service.http.ControlServer;
import dev.sluice.service.transport.EventLoops;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Commands that use the control socket, against a real socket. */
class ControlCommandsTest implements ControlActions {
  @TempDir Path directory;
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level levelBefore = root.getLevel();
  private final List<Integer> detached = new ArrayList<>();
  private final Console console =
      new Console(new DetachCommand(new StopSignal()), new LogLevelCommand());
  private EventLoops loops;
  private ControlServer server;

  @BeforeEach
  void start() {
    loops = new EventLoops(1);
    server =
        ControlServer.start(
            new ControlSettings(socket()),
            new FakeView(),
            this,
            () ->
                CompletableFuture.completedFuture(
                    new ReloadOutcome(List.of(), List.of(), List.of())),
            loops);
  }

  @AfterEach
  void stop() {
    server.close();
    loops.close();
    root.setLevel(levelBefore);
  }

  private Path socket() {
    return directory.resolve("control.sock");
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--socket=" + socket());
    return console.run(all.toArray(String[]::new));
  }

  @Override
  public CompletionStage<Books> detachSession(int session) {
    detached.add(session);
    return CompletableFuture.completedFuture(
        new Books(
            session,
            Collections.nCopies(
                Labels.KINDS.size(), new Books.KindBooks(10_000, 9_000, 900, 0, 0, 0)),
            "the device is still writing"));
  }

  @Override
  public CompletionStage<List<String>> snapshot(String reason) {
    return CompletableFuture.completedFuture(List.of());
  }

  @Test
  void shouldEndASessionByNumberNameOrDevice() {
    for (String[] which : new String[][] {{"7"}, {"train"}, {"--device=3"}}) {
      List<String> all = new ArrayList<>(List.of("detach", "--yes"));
      all.addAll(List.of(which));
      assertEquals(ExitCode.FINE, run(all.toArray(String[]::new)), console.err());
    }
    assertEquals(List.of(7, 7, 7), detached);
    assertTrue(
        console
            .out()
            .startsWith("session 7 (train, device 3) ended: the device is still writing\n"),
        console.out());
    // Produced is the sum of the columns after it.
    assertTrue(
        console.out().replaceAll(" +", " ").contains("aicpu_task 10,000 9,000 900 0 0 100 0\n"),
        console.out());
  }

  @Test
  void shouldNotEndARunningSessionUnasked() {
    assertEquals(ExitCode.USAGE, run("detach", "7"));
    assertTrue(
        console.err().contains("session 7 (train, device 3) is running; add --yes to end it"),
        console.err());
    assertEquals(List.of(), detached);
  }

  @Test
  void shouldNameTheOpenSessionsWhereThereIsNoSuchOne() {
    assertEquals(ExitCode.FAILED, run("detach", "6", "--yes"));
    assertTrue(
        console.err().contains("no open session 6; open: 7 (train, device 3)"), console.err());
    assertEquals(ExitCode.USAGE, run("detach"));
    assertEquals(ExitCode.USAGE, run("detach", "7", "--device=3"));
    assertEquals(List.of(), detached);
  }

  @Test
  void shouldShowAndSetLevels() {
    Logger one = (Logger) LoggerFactory.getLogger("dev.sluice.test.Leveled");
    assertEquals(ExitCode.FINE, run("log-level", "dev.sluice.test.Leveled", "trace"));
    assertEquals(Level.TRACE, one.getLevel());
    assertEquals(ExitCode.FINE, run("log-level", "root", "debug"), console.err());
    assertEquals(Level.DEBUG, root.getLevel());
    assertEquals(ExitCode.FINE, run("log-level"));
    String list = console.out().replaceAll(" +", " ");
    assertTrue(list.contains("dev.sluice.test.Leveled trace\n"), list);
    assertTrue(list.contains("root debug\n"), list);
    assertEquals(ExitCode.FINE, run("log-level", "dev.sluice.test.Leveled", "inherit"));
    assertEquals(ExitCode.FINE, run("log-level", "dev.sluice.test.Leveled"));
    assertTrue(console.out().endsWith("dev.sluice.test.Leveled debug\n"), console.out());
  }

  @Test
  void shouldSayWhatIsMissingOfALevel() {
    assertEquals(ExitCode.USAGE, run("log-level", "debug"));
    assertTrue(console.err().contains("sluice log-level root debug"), console.err());
    assertEquals(ExitCode.USAGE, run("log-level", "root", "loud"));
    assertTrue(console.err().contains("'loud' is not a level"), console.err());
    assertEquals(ExitCode.FAILED, run("log-level", "no.such.logger", "info"));
    assertTrue(console.err().contains("unknown logger no.such.logger"), console.err());
  }
}
