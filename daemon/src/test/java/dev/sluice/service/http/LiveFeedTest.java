package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.config.HttpSettings;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.MetricsSettings;
import dev.sluice.service.FakeView;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.SessionSnapshot;
import dev.sluice.service.metrics.MetricsRegistry;
import dev.sluice.service.security.WebConfigException;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.transport.EventLoops;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveFeedTest {
  private static final long INTERVAL_NANOS = 100_000_000; // the minimum setting
  private static final long TIMEOUT_NANOS = 10_000_000_000L;

  /** Counts how often it is read; {@link #notice} sets its size. */
  private static final class CountedView extends FakeView {
    private final AtomicInteger looks = new AtomicInteger();
    private volatile String notice = "";

    @Override
    public List<SessionSnapshot> sessions() {
      looks.incrementAndGet();
      return super.sessions();
    }

    @Override
    public List<String> notices() {
      return notice.isEmpty() ? List.of() : List.of(notice);
    }
  }

  private final CountedView view = new CountedView();
  private final HttpTraffic traffic = new HttpTraffic();
  private final EventLoops loops = new EventLoops(2);
  private final MetricsRegistry metrics =
      new MetricsRegistry(view, new MetricsSettings(false), traffic);
  private HttpServer server;

  private void start(int maxClients, long timeoutNanos) throws WebConfigException {
    server =
        HttpServer.start(
            new HttpSettings(
                new ListenAddress("127.0.0.1", 0),
                Optional.empty(),
                64,
                4,
                timeoutNanos,
                new HttpSettings.Live(maxClients, INTERVAL_NANOS)),
            view,
            metrics.registry(),
            traffic,
            WebSecurity.open(Optional.empty(), traffic),
            loops);
  }

  @AfterEach
  void stop() {
    server.close();
    metrics.close();
    loops.close();
  }

  /** The client side of {@code EventSource}. */
  private static final class Follower implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader lines;
    private final Map<String, String> head = new LinkedHashMap<>();

    Follower(int port, String version) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      String request = "GET /api/v1/live HTTP/" + version + "\r\nHost: sluice\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (String line = lines.readLine(); !line.isEmpty(); line = lines.readLine()) {
        int colon = line.indexOf(": ");
        head.put(
            colon < 0 ? "status" : line.substring(0, colon).toLowerCase(java.util.Locale.ROOT),
            colon < 0 ? line : line.substring(colon + 2));
      }
    }

    /** Returns the fields of the next event, skipping chunk sizes between the lines. */
    Map<String, String> next() throws IOException {
      Map<String, String> fields = new LinkedHashMap<>();
      while (true) {
        String line = lines.readLine();
        assertNotNull(line, "the stream ended");
        int colon = line.indexOf(": ");
        if (colon > 0) {
          fields.put(line.substring(0, colon), line.substring(colon + 2));
        } else if (line.isEmpty() && !fields.isEmpty()) {
          return fields;
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private Follower follow() throws IOException {
    return new Follower(server.address().getPort(), "1.1");
  }

  private static void until(BooleanSupplier condition, String otherwise) {
    long deadlineNs = System.nanoTime() + 15_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNs < 0, otherwise);
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Test
  void shouldSendTheWholeStateAndThenWhatIsNew() throws Exception {
    start(4, TIMEOUT_NANOS);
    try (Follower page = follow()) {
      assertEquals("HTTP/1.1 200 OK", page.head.get("status"));
      assertEquals("text/event-stream", page.head.get("content-type"));
      assertEquals("no-store", page.head.get("cache-control"));
      assertEquals("1000", page.next().get("retry"));
      Map<String, String> first = page.next();
      Map<String, Object> frame = JSON.std.mapFrom(first.get("data"));
      assertEquals("1.2.3", frame.get("version"));
      assertEquals(1, ((List<?>) frame.get("sessions")).size());
      assertEquals(1100, ((Map<?, ?>) frame.get("totals")).get("device_records"));

      Map<String, String> idle = page.next();
      assertEquals("beat", idle.get("event"), "nothing changed");
      assertTrue(Long.parseLong(idle.get("id")) > Long.parseLong(first.get("id")));

      view.notice = "huge pages not available";
      Map<String, String> news = page.next();
      while (!news.getOrDefault("data", "").contains("huge pages")) {
        assertEquals("beat", news.get("event"));
        news = page.next();
      }
      assertFalse(news.containsKey("event"), "a message as EventSource knows it");
    }
  }

  @Test
  void shouldEndWithTheConnectionWhereThereAreNoChunks() throws Exception {
    start(4, TIMEOUT_NANOS);
    try (Follower page = new Follower(server.address().getPort(), "1.0")) {
      assertFalse(page.head.containsKey("transfer-encoding"));
      page.next();
      assertTrue(page.next().get("data").startsWith("{"));
    }
  }

  @Test
  void shouldMakeAFrameOnceForAllClientsAndNoneForNobody() throws Exception {
    start(4, TIMEOUT_NANOS);
    assertEquals(0, view.looks.get(), "no client listens");
    List<Follower> pages = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      pages.add(follow());
    }
    for (Follower page : pages) {
      page.next();
      page.next();
      page.next();
    }
    assertEquals(4, traffic.liveClients());
    // A reading may be in progress whose frame is not counted yet.
    int looks = view.looks.get();
    long frames = traffic.liveFrames();
    assertTrue(frames >= looks - 1 && looks >= 2, frames + " frames of " + looks + " looks");
    for (Follower page : pages) {
      page.close();
    }
    until(() -> traffic.liveClients() == 0, "a client that left still counts");
    try (Follower page = follow()) {
      page.next();
      assertTrue(page.next().get("data").startsWith("{"), "and begins again");
    }
    until(() -> traffic.liveClients() == 0, "a client that left still counts");
    Thread feeder = thread("sluice-live");
    if (feeder != null) {
      feeder.join(15_000);
      assertFalse(feeder.isAlive(), "the thread ends when no client listens");
    }
  }

  private static Thread thread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .findFirst()
        .orElse(null);
  }

  @Test
  void shouldRefuseOneTooMany() throws Exception {
    start(1, TIMEOUT_NANOS);
    try (Follower first = follow()) {
      first.next();
      try (Follower second = follow()) {
        assertEquals("HTTP/1.1 503 Service Unavailable", second.head.get("status"));
        assertEquals("10", second.head.get("retry-after"));
      }
      assertEquals(1, traffic.refusalsByReason().get("live_clients"));
      first.next();
    }
    until(() -> traffic.liveClients() == 0, "a client that left still counts");
    try (Follower third = follow()) {
      assertEquals("HTTP/1.1 200 OK", third.head.get("status"));
    }
  }

  @Test
  void shouldLetAClientThatReadsNothingGoWithoutAndThenGo() throws Exception {
    view.sessionName = "x".repeat(1 << 20);
    start(2, 1_000_000_000);
    try (Follower deaf = follow();
        Follower page = follow()) {
      int number = 0;
      while (traffic.skippedLiveFrames() == 0) {
        view.notice = "news " + number++; // every frame differs and has a megabyte
        page.next();
      }
      until(() -> traffic.liveClients() == 1, "the deaf client stays forever");
      page.next();
      page.next();
      assertNotNull(deaf.head.get("content-type"));
    }
  }

  @Test
  void shouldCutOffAClientThatSpeaksAgain() throws Exception {
    start(2, TIMEOUT_NANOS);
    try (Follower page = follow()) {
      page.next();
      page.socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      until(() -> traffic.liveClients() == 0, "the stream goes on");
    }
  }

  @Test
  void shouldAnswerHeadWithoutTakingAPlace() throws Exception {
    start(1, TIMEOUT_NANOS);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket
          .getOutputStream()
          .write(
              "HEAD /api/v1/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 200 OK"), answer);
    }
    assertEquals(0, traffic.liveClients());
  }
}
