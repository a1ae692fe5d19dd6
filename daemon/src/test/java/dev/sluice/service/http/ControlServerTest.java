package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.config.ControlSettings;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.ControlActions;
import dev.sluice.service.FakeView;
import dev.sluice.service.ReloadOutcome;
import dev.sluice.service.ReloadRefusedException;
import dev.sluice.service.transport.EventLoops;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ControlServerTest {
  private static final Books BOOKS =
      new Books(7, Collections.nCopies(4, new Books.KindBooks(12, 9, 1, 0, 2, 0)), "settled");

  @TempDir Path directory;
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level levelBefore = root.getLevel();
  private volatile RuntimeException failure;
  private EventLoops loops;
  private ControlServer server;

  @BeforeEach
  void start() {
    loops = new EventLoops(1);
    server =
        ControlServer.start(
            new ControlSettings(directory.resolve("control.sock")),
            new FakeView(),
            new Actions(),
            this::reload,
            loops);
  }

  private CompletionStage<ReloadOutcome> reload() {
    return failure == null
        ? CompletableFuture.completedFuture(
            new ReloadOutcome(List.of("sluice.a"), List.of(), List.of("sluice.b")))
        : CompletableFuture.failedFuture(failure);
  }

  private final class Actions implements ControlActions {
    @Override
    public CompletionStage<Books> detachSession(int session) {
      return failure == null
          ? CompletableFuture.completedFuture(BOOKS)
          : CompletableFuture.failedFuture(failure);
    }

    @Override
    public CompletionStage<List<String>> snapshot(String reason) {
      return failure == null
          ? CompletableFuture.completedFuture(List.of("/captures/snapshots/" + reason))
          : CompletableFuture.failedFuture(failure);
    }
  }

  @AfterEach
  void stop() {
    server.close();
    loops.close();
    root.setLevel(levelBefore);
  }

  private String send(String requestLine) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(server.socket()));
      String request = requestLine + " HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(1 << 16);
      int read;
      do {
        read = channel.read(answer);
      } while (read >= 0);
      return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void shouldShowStatusAndSessions() throws Exception {
    assertTrue(send("GET /v1/status").contains("\"version\":\"1.2.3\""));
    assertTrue(send("GET /v1/sessions").contains("\"layout\":\"l2-2026.07/a2a3\""));
    assertTrue(send("GET /metrics").startsWith("HTTP/1.1 404"));
  }

  @Test
  void shouldSetTheLogLevel() throws Exception {
    String set = send("POST /v1/log-level?level=debug");
    assertTrue(set.contains("\"level\":\"debug\""), set);
    assertTrue(set.contains("\"logger\":\"root\""), set);
    assertEquals(Level.DEBUG, root.getLevel());
    for (String bad : new String[] {"?level=loud", "", "?level=info&level=warn"}) {
      assertTrue(send("POST /v1/log-level" + bad).startsWith("HTTP/1.1 400"), bad);
    }
    assertTrue(send("GET /v1/log-level?level=info").contains("\"root\":\"debug\""));
    assertEquals(Level.DEBUG, root.getLevel());
  }

  @Test
  void shouldSetTheLevelOfOneLogger() throws Exception {
    Logger one = (Logger) LoggerFactory.getLogger("dev.sluice.test.OneLogger");
    String name = "?logger=dev.sluice.test.OneLogger";
    assertTrue(send("POST /v1/log-level" + name + "&level=trace").startsWith("HTTP/1.1 200"));
    assertEquals(Level.TRACE, one.getLevel());
    assertTrue(send("GET /v1/log-level" + name).contains("\"level\":\"trace\""));
    assertTrue(send("POST /v1/log-level" + name + "&level=inherit").startsWith("HTTP/1.1 200"));
    assertEquals(null, one.getLevel());
    String unknown = send("POST /v1/log-level?logger=no.such&level=info");
    assertTrue(unknown.startsWith("HTTP/1.1 404"), unknown);
    assertTrue(send("POST /v1/log-level?logger=root&level=inherit").startsWith("HTTP/1.1 400"));
  }

  @Test
  void shouldDetachASession() throws Exception {
    String detached = send("POST /v1/sessions/7/detach");
    assertTrue(detached.startsWith("HTTP/1.1 200"), detached);
    assertTrue(detached.contains("\"aicpu_task\":{\"device_records\":12"), detached);
    assertTrue(detached.contains("\"in_flight_records\":0"), detached);
    failure = new AttachRefusedException(AttachStatus.STATE, "no open session has the id 8");
    String unknown = send("POST /v1/sessions/8/detach");
    assertTrue(unknown.startsWith("HTTP/1.1 404"), unknown);
    assertTrue(unknown.endsWith("no open session has the id 8\n"), unknown);
    failure = new IllegalStateException("secret");
    String defect = send("POST /v1/sessions/8/detach");
    assertTrue(defect.startsWith("HTTP/1.1 500"), defect);
    assertFalse(defect.contains("secret"));
    assertTrue(send("POST /v1/sessions/x/detach").startsWith("HTTP/1.1 404"));
    assertTrue(send("GET /v1/sessions/7/detach").startsWith("HTTP/1.1 405"));
  }

  @Test
  void shouldReload() throws Exception {
    assertTrue(
        send("POST /v1/reload")
            .endsWith(
                "{\"changed\":true,\"applied\":[\"sluice.a\"],\"next_session\":[],"
                    + "\"restart_required\":[\"sluice.b\"]}\n"));
    assertTrue(send("GET /v1/reload").startsWith("HTTP/1.1 405"));
    failure = new ReloadRefusedException("kept the old configuration: x.conf:3: no", null);
    String refused = send("POST /v1/reload");
    assertTrue(refused.startsWith("HTTP/1.1 422"), refused);
    assertTrue(refused.endsWith("kept the old configuration: x.conf:3: no\n"), refused);
    failure = new IllegalStateException("secret");
    String defect = send("POST /v1/reload");
    assertTrue(defect.startsWith("HTTP/1.1 500"), defect);
    assertFalse(defect.contains("secret"));
  }

  @Test
  void shouldTakeASnapshot() throws Exception {
    assertTrue(
        send("POST /v1/snapshot?reason=slow")
            .endsWith("{\"snapshots\":[\"/captures/snapshots/slow\"]}\n"));
    assertTrue(send("POST /v1/snapshot").contains("/captures/snapshots/command"));
    assertTrue(send("POST /v1/snapshot?reason=").startsWith("HTTP/1.1 400"));
    assertTrue(send("POST /v1/snapshot?reason=" + "x".repeat(41)).startsWith("HTTP/1.1 400"));
    failure = new IllegalStateException("no space left");
    String failed = send("POST /v1/snapshot");
    assertTrue(failed.startsWith("HTTP/1.1 503"), failed);
    assertTrue(failed.endsWith("no snapshot: no space left\n"), failed);
  }

  @Test
  void shouldGuardTheSocketByItsMode() throws Exception {
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket())));
  }
}
