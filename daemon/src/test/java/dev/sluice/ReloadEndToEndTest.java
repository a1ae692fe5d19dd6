package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.config.ConfigSources;
import dev.sluice.tool.Json;
import dev.sluice.tool.StopSignal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/** A daemon whose configuration file changes while it runs. */
@ExtendWith(FailureDump.class)
@Timeout(60)
class ReloadEndToEndTest {
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level levelBefore = root.getLevel();
  private Path folder;
  private Path file;

  @BeforeEach
  void makeFile() throws Exception {
    folder = TestDaemon.newFolder();
    file = Files.createFile(folder.resolve("sluice.conf"));
  }

  @AfterEach
  void deleteFile() {
    TestDaemon.delete(folder);
    root.setLevel(levelBefore);
  }

  private TestDaemon daemon() {
    return TestDaemon.startWith(file);
  }

  private void write(String text) throws Exception {
    Files.writeString(file, text);
  }

  private static Map<String, Object> body(String answer) throws Exception {
    assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
    return Json.parse(answer.substring(answer.indexOf("\r\n\r\n") + 4), "reload");
  }

  @Test
  void shouldPutEachKeyInForceWhenItSays() throws Exception {
    try (TestDaemon daemon = daemon();
        TestProducer first = daemon.producer("first", "--duration-ns", "60000000000")) {
      daemon.await("first", session -> session.total().collected() > 0);
      write(
          """
          sluice.log.level = debug
          sluice.attach.max-sessions = 1
          sluice.arena.bytes = 4MiB
          sluice.collector.shards = 2
          """);
      Map<String, Object> outcome = body(daemon.control("POST", "/v1/reload"));
      assertEquals(
          List.of("sluice.log.level", "sluice.attach.max-sessions"), outcome.get("applied"));
      assertEquals(List.of("sluice.arena.bytes"), outcome.get("next_session"));
      assertEquals(List.of("sluice.collector.shards"), outcome.get("restart_required"));
      assertEquals(Level.DEBUG, root.getLevel());
      assertEquals(1, daemon.metric("sluice_config_restart_required"));
      assertEquals(1, daemon.logged(Level.WARN, "needs a restart: sluice.collector.shards").size());
      // Applied at once: one session is open, which is now the maximum.
      TestProducer.Report busy =
          daemon.run("busy", "--level", "1", "--cores", "2", "--aicpu-threads", "1");
      assertTrue(busy.errors().contains("sluice.attach.max-sessions is 1"), busy.errors());
      // The open session keeps its arena, although that exceeds the new limit.
      first.stop();
      TestProducer.Report device = first.await();
      Law.assertExact(daemon.session("first"), device);
      TestProducer.Report large = daemon.run("large");
      assertTrue(large.errors().contains("sluice.arena.bytes allows 4194304"), large.errors());

      // With the original settings, no setting needs a restart any more.
      write("");
      body(daemon.control("POST", "/v1/reload"));
      assertEquals(0, daemon.metric("sluice_config_restart_required"));
      assertEquals(levelBefore, root.getLevel());
      TestProducer.Report fits = daemon.run("fits", "--duration-ns", "50000000");
      Law.assertExact(daemon.session("fits"), fits);
    }
  }

  @Test
  void shouldKeepEverythingWhenAnythingIsWrong() throws Exception {
    try (TestDaemon daemon = daemon()) {
      double readAt = daemon.metric("sluice_config_last_reload_success_timestamp_seconds");
      assertEquals(1, daemon.metric("sluice_config_last_reload_successful"));
      write("sluice.attach.max-sessions = 1\nsluice.log.level = loud\n");
      String refused = daemon.control("POST", "/v1/reload");
      assertTrue(refused.startsWith("HTTP/1.1 422"), refused);
      assertTrue(refused.contains("kept the old configuration: " + file + ":2"), refused);
      assertEquals(0, daemon.metric("sluice_config_last_reload_successful"));
      assertEquals(1, daemon.metric("sluice_config_reload_failures_total"));
      assertEquals(readAt, daemon.metric("sluice_config_last_reload_success_timestamp_seconds"));
      assertEquals(levelBefore, root.getLevel());
      assertTrue(daemon.get("/api/v1/status").contains("\"last_reload_successful\":false"));
      try (TestProducer one = daemon.producer("one", "--duration-ns", "60000000000");
          TestProducer two = daemon.producer("two", "--duration-ns", "60000000000")) {
        daemon.await("one", session -> session.total().collected() > 0);
        daemon.await("two", session -> session.total().collected() > 0);
        one.stop();
        two.stop();
        one.await();
        two.await();
      }
      assertTrue(daemon.isHealthy(), "a wrong file is no reason not to serve");
      write("sluice.attach.max-sessions = 1\n");
      assertEquals(
          List.of("sluice.attach.max-sessions"),
          body(daemon.control("POST", "/v1/reload")).get("applied"));
      assertEquals(1, daemon.metric("sluice_config_last_reload_successful"));
      assertEquals(1, daemon.metric("sluice_config_reload_failures_total"));
    }
  }

  private record Ending(int exitCode, String output, String errors) {}

  private static Ending command(String... arguments) {
    StringWriter output = new StringWriter();
    StringWriter errors = new StringWriter();
    int exitCode =
        Sluice.commandLine(new SluiceHost(Sluice.buildInfo(), Map.of()), new StopSignal())
            .setOut(new PrintWriter(output, true))
            .setErr(new PrintWriter(errors, true))
            .execute(arguments);
    return new Ending(exitCode, output.toString(), errors.toString());
  }

  @Test
  void shouldReloadByCommand() throws Exception {
    try (TestDaemon daemon = daemon()) {
      String socket = daemon.folder().resolve("control.sock").toString();
      Ending unchanged = command("reload", "--socket", socket);
      assertEquals(new Ending(0, "nothing has changed\n", ""), unchanged);
      write("sluice.capture.retention-age = 3d\nsluice.threading = inline\n");
      Ending changed = command("reload", "--socket", socket);
      assertEquals(
          new Ending(
              0, "in force: sluice.capture.retention-age\nneeds a restart: sluice.threading\n", ""),
          changed);
      write("sluice.thredding = inline\n");
      Ending refused = command("reload", "--socket", socket);
      assertEquals(1, refused.exitCode());
      assertEquals(1, refused.errors().lines().count(), refused.errors());
      assertTrue(refused.errors().contains("did you mean sluice.threading?"), refused.errors());
    }
    Ending nobody = command("reload", "--socket", folder.resolve("none.sock").toString());
    assertEquals(1, nobody.exitCode());
    assertTrue(nobody.errors().contains("no daemon answers"), nobody.errors());
  }

  @Test
  void shouldReloadOnSighup() throws Exception {
    try (DaemonProcess daemon =
        DaemonProcess.startWith(List.of("--config", file.toString()), folder).awaitReady()) {
      write("sluice.watermark.window = 20s\n");
      daemon.signal("HUP");
      Await.until(
          () -> daemon.output().contains("reloaded, in force: sluice.watermark.window"),
          daemon::output);
      write("sluice.watermark.window = long\n");
      daemon.signal("HUP");
      Await.until(
          () -> daemon.output().contains("kept the old configuration: " + file), daemon::output);
      assertFalse(daemon.output().contains("\tat "), daemon::output);
      assertEquals(0, daemon.terminate(), daemon::output);
    }
  }

  @Test
  void shouldReadAnInstalledFileThatAppearsLater() throws Exception {
    List<ConfigSources> sources = new ArrayList<>();
    try (SluiceDaemon daemon =
        TestDaemon.start(
            () -> {
              ConfigSources now =
                  new ConfigSources(
                      Optional.of(file).filter(f -> !sources.isEmpty()),
                      Map.of(),
                      TestDaemon.settingsFor(folder));
              sources.add(now);
              return now;
            },
            Map.of())) {
      write("sluice.log.level = warn\n");
      daemon.reload();
      Await.until(() -> root.getLevel() == Level.WARN, () -> "the level is " + root.getLevel());
    }
  }
}
