package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Abuse of the TCP listener from the network while records are collected. */
@ExtendWith(FailureDump.class)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HttpAbuseTest {
  private static final int PATIENCE_MS = 60_000;

  private static Socket connect(TestDaemon daemon) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), daemon.httpPort());
    socket.setSoTimeout(PATIENCE_MS);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream to = socket.getOutputStream();
    to.write(text.getBytes(StandardCharsets.US_ASCII));
    to.flush();
  }

  /** Reads until the connection ends, by EOF or reset. */
  private static String answer(Socket socket) {
    StringBuilder all = new StringBuilder();
    byte[] part = new byte[1 << 14];
    try {
      int read = socket.getInputStream().read(part);
      while (read >= 0) {
        all.append(new String(part, 0, read, StandardCharsets.ISO_8859_1));
        read = socket.getInputStream().read(part);
      }
    } catch (IOException ignored) {
      // Keep what arrived before the reset.
    }
    return all.toString();
  }

  private static String request(TestDaemon daemon, String text) throws IOException {
    try (Socket socket = connect(daemon)) {
      try {
        write(socket, text);
      } catch (IOException ignored) {
        // The server may refuse before it has read the whole request.
      }
      return answer(socket);
    }
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n";
  }

  @Test
  void shouldAnswerOrRefuseAThousandScrapesAtOnceWhileItCollects() throws Exception {
    try (TestDaemon daemon = TestDaemon.start();
        TestProducer producer =
            daemon.producer(
                "under scrapes",
                "--layout",
                "l2-2026.07/a2a3",
                "--cores",
                "8",
                "--aicpu-threads",
                "1",
                "--rate",
                "20000000",
                "--duration-ns",
                "60000000000")) {
      daemon.await("under scrapes", session -> session.total().collected() > 0);
      List<Socket> scrapers = new ArrayList<>();
      try {
        for (int i = 0; i < 1000; i++) {
          scrapers.add(connect(daemon));
        }
        for (Socket scraper : scrapers) {
          write(scraper, get("/metrics"));
        }
        int served = 0;
        for (Socket scraper : scrapers) {
          String answer = answer(scraper);
          String status = answer.substring(0, Math.min(12, answer.length()));
          boolean isServed = status.equals("HTTP/1.1 200");
          assertTrue(isServed || status.equals("HTTP/1.1 503"), () -> "answered: " + status);
          served += isServed ? 1 : 0;
        }
        assertTrue(served > 0, "not one was served");
      } finally {
        for (Socket scraper : scrapers) {
          scraper.close();
        }
      }
      assertTrue(daemon.isHealthy());
      producer.stop();
      TestProducer.Report device = producer.await();
      SessionView session =
          daemon.await("under scrapes", ended -> ended.state().equals("ended (detached)"));
      Law.assertBalanced(session);
      Law.assertAgrees(session, device);
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
    }
  }

  @Test
  void shouldNotWaitForWhoSendsAByteAtATime() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.http.timeout=1s")) {
      List<Socket> slow = new ArrayList<>();
      try {
        for (int i = 0; i < 200; i++) {
          Socket socket = connect(daemon);
          slow.add(socket);
          write(socket, "GET /metrics HTTP/1.1\r\n");
        }
        String line = "X-Slow: 1\r\n";
        int next = 0;
        boolean isOpen = true;
        long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (isOpen) {
          assertTrue(System.nanoTime() - deadlineNs < 0, "slow clients stay forever");
          assertTrue(request(daemon, get("/-/healthy")).endsWith("healthy\n"), "others are served");
          try {
            for (Socket socket : slow) {
              socket.getOutputStream().write(line.charAt(next % line.length()));
            }
            next++;
          } catch (IOException e) {
            isOpen = false; // the daemon has closed the first of the slow ones
          }
        }
        for (Socket socket : slow) {
          assertEquals("", answer(socket), "closed without a word");
        }
      } finally {
        for (Socket socket : slow) {
          socket.close();
        }
      }
      assertTrue(daemon.isHealthy());
    }
  }

  @Test
  void shouldRefuseBombs() throws Exception {
    try (TestDaemon daemon = TestDaemon.start("sluice.http.timeout=2s")) {
      String open = "GET /metrics HTTP/1.1\r\nHost: sluice\r\n";
      assertStatus("431", request(daemon, open + "X: y\r\n".repeat(10_000) + "\r\n"));
      assertStatus("431", request(daemon, open + "X: " + "y".repeat(1_000_000)));
      assertStatus("414", request(daemon, "GET /" + "a".repeat(1_000_000)));
      assertStatus(
          "413", request(daemon, open + "Content-Length: 10000000\r\n\r\n" + "z".repeat(100_000)));
      assertStatus(
          "400", request(daemon, open + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"));
      String many = request(daemon, "GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5_000));
      assertTrue(many.startsWith("HTTP/1.1 200"), "pipelined requests are answered in turn");
      assertTrue(daemon.isHealthy());
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
    }
  }

  private static void assertStatus(String status, String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status), () -> status + " not in: " + head(answer));
  }

  private static String head(String answer) {
    return answer.substring(0, Math.min(200, answer.length()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/metrics/../../etc/passwd",
        "//etc/passwd",
        "/metrics/",
        "/metrics%00",
        "/metrics;x",
        "/status.js",
        "/v1/log-level?level=trace",
        "/api/v1/live/../../../v1/status",
        "http://elsewhere.example/etc/passwd",
        "*",
      })
  void shouldServeItsOwnPathsAndNothingElse(String path) throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      String answer = request(daemon, get(path));
      assertTrue(answer.startsWith("HTTP/1.1 40"), () -> path + ": " + head(answer));
      assertFalse(answer.contains("root:"), path);
      for (String method : List.of("POST", "PUT", "DELETE", "CONNECT", "TRACE", "X")) {
        String other = request(daemon, get(path).replaceFirst("GET", method));
        assertTrue(other.startsWith("HTTP/1.1 40"), () -> method + " " + path + ": " + head(other));
      }
      assertEquals(List.of(), daemon.logged(Level.ERROR, ""));
    }
  }
}
