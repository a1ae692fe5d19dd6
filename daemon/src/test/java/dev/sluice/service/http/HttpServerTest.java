package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.sluice.config.HttpSettings;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.MetricsSettings;
import dev.sluice.service.FakeView;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.Labels;
import dev.sluice.service.metrics.MetricsRegistry;
import dev.sluice.service.security.WebConfigException;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.transport.BindException;
import dev.sluice.service.transport.EventLoops;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {
  private static final ListenAddress ANY_PORT = new ListenAddress("127.0.0.1", 0);
  private static final HttpSettings.Live LIVE = new HttpSettings.Live(8, 100_000_000);
  private static final HttpSettings STANDARD =
      new HttpSettings(ANY_PORT, Optional.empty(), 512, 512, 10_000_000_000L, LIVE);

  private final FakeView view = new FakeView();
  private final HttpTraffic traffic = new HttpTraffic();
  private final HttpClient client = HttpClient.newHttpClient();
  private EventLoops loops;
  private MetricsRegistry metrics;
  private HttpServer server;

  @BeforeEach
  void start() {
    loops = new EventLoops(2);
    metrics = new MetricsRegistry(view, new MetricsSettings(false), traffic);
    server = start(STANDARD);
  }

  private HttpServer start(HttpSettings settings) {
    return HttpServer.start(settings, view, metrics.registry(), traffic, security(), loops);
  }

  private WebSecurity security() {
    try {
      return WebSecurity.open(Optional.empty(), traffic);
    } catch (WebConfigException e) {
      throw new AssertionError("there is no file that could be wrong", e);
    }
  }

  @AfterEach
  void stop() {
    server.close();
    metrics.close();
    loops.close();
  }

  private HttpResponse<byte[]> send(String method, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.address().getPort() + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
  }

  private static String request(String line, String... headers) {
    List<String> lines = new ArrayList<>(List.of(line + " HTTP/1.1", "Host: sluice"));
    lines.addAll(List.of(headers));
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  private static void write(Socket socket, String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static Map<String, Object> json(HttpResponse<byte[]> response) throws IOException {
    return JSON.std.mapFrom(response.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/plain|text/plain; version=0.0.4; charset=utf-8",
        "*/*|text/plain; version=0.0.4; charset=utf-8",
        "application/openmetrics-text; version=1.0.0|application/openmetrics-text; version=1.0.0;"
            + " charset=utf-8",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
            + " encoding=delimited|application/vnd.google.protobuf;"
            + " proto=io.prometheus.client.MetricFamily; encoding=delimited",
      })
  void shouldServeMetricsAsAccepted(String accept, String contentType) throws Exception {
    HttpResponse<byte[]> response = send("GET", "/metrics", "Accept", accept);
    assertEquals(200, response.statusCode());
    assertTrue(
        header(response, "content-type").startsWith(contentType), header(response, "content-type"));
    assertTrue(text(response).contains("sluice_collected_records"));
    boolean isOpenMetrics = accept.startsWith("application/openmetrics");
    assertEquals(isOpenMetrics, text(response).endsWith("# EOF\n"));
  }

  @Test
  void shouldServeNativeHistogramsByProtobuf() throws Exception {
    String accept =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    int protobuf =
        send("GET", "/metrics?name[]=sluice_refill_latency_seconds", "Accept", accept)
            .body()
            .length;
    assertTrue(protobuf > 0);
    String debug = text(send("GET", "/metrics?debug=prometheus-protobuf"));
    String refill = debug.substring(debug.indexOf("sluice_refill_latency_seconds"));
    assertTrue(refill.contains("schema: 3"), "native buckets");
    assertTrue(refill.contains("positive_delta"), "native buckets");
    assertTrue(refill.contains("upper_bound: 1.0E-5"), "classic buckets");
  }

  @Test
  void shouldCompressOnRequestAndFilterByName() throws Exception {
    HttpResponse<byte[]> zipped = send("GET", "/metrics", "Accept-Encoding", "gzip");
    assertEquals("gzip", header(zipped, "content-encoding"));
    try (InputStream body = new GZIPInputStream(new ByteArrayInputStream(zipped.body()))) {
      String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(text.contains("sluice_build_info"));
      assertTrue(zipped.body().length < text.length() / 2);
    }
    String filtered = text(send("GET", "/metrics?name[]=sluice_sessions"));
    assertEquals(3, filtered.lines().count(), filtered);
  }

  @Test
  void shouldSayWhetherItIsHealthy() throws Exception {
    assertEquals(200, send("GET", "/-/healthy").statusCode());
    view.isHealthy = false;
    HttpResponse<byte[]> sick = send("GET", "/-/healthy");
    assertEquals(503, sick.statusCode());
    assertEquals("stalled: refill\n", text(sick));
  }

  @Test
  void shouldSayWhyItIsNotReady() throws Exception {
    assertEquals(200, send("GET", "/-/ready").statusCode());
    view.notReady.add("starting: the hot paths are being warmed up");
    HttpResponse<byte[]> response = send("GET", "/-/ready");
    assertEquals(503, response.statusCode());
    assertEquals("application/json", header(response, "content-type"));
    assertEquals(
        List.of("starting: the hot paths are being warmed up"), json(response).get("reasons"));
  }

  @Test
  void shouldServeStatusAsJson() throws Exception {
    view.notices.add("huge pages not available: none are reserved");
    HttpResponse<byte[]> response = send("GET", "/api/v1/status");
    assertEquals("application/json", header(response, "content-type"));
    Map<String, Object> status = json(response);
    assertEquals("1.2.3", status.get("version"));
    assertEquals(true, status.get("ready"));
    assertEquals(List.of("huge pages not available: none are reserved"), status.get("notices"));
    assertEquals(List.of(3), status.get("devices"));
    assertEquals(2, ((List<?>) status.get("agents")).size());
    assertEquals(1, ((Map<?, ?>) status.get("attach_failures")).get("version"));
    Map<?, ?> ceilings = (Map<?, ?>) ((List<?>) status.get("ceilings")).get(0);
    assertEquals(3, ceilings.get("device"));
    assertEquals(
        Map.of("utilization_ratio", 0.25, "worst_utilization_ratio", 1.5),
        ceilings.get("control_path"));
    assertEquals(
        Map.of("utilization_ratio", 0.0, "worst_utilization_ratio", 0.0), ceilings.get("storage"));
    assertEquals(1, ((List<?>) status.get("sessions")).size());
    assertEquals(1, ((List<?>) status.get("ended")).size());
  }

  @Test
  @SuppressWarnings("unchecked") // see below
  void shouldServeDropsNewestFirst() throws Exception {
    Map<String, Object> answer = json(send("GET", "/api/v1/drops"));
    assertEquals(List.of("total_events", "kept_events", "drops"), List.copyOf(answer.keySet()));
    List<Map<String, Object>> drops = (List<Map<String, Object>>) answer.get("drops");
    assertEquals(2, drops.size());
    assertEquals(4000, drops.get(0).get("dropped_records"));
    assertEquals(
        List.of(
            "time",
            "device",
            "session",
            "kind",
            "instance",
            "queue",
            "cause",
            "ceiling",
            "dropped_records",
            "free_entries",
            "spare_buffers",
            "undrained_buffers",
            "collecting_buffers",
            "ready_entries",
            "handoff_entries",
            "refill_latency_seconds",
            "pause_seconds"),
        List.copyOf(drops.get(0).keySet()));
    Map<String, Object> one = json(send("GET", "/api/v1/drops?limit=1"));
    assertEquals(1, ((List<?>) one.get("drops")).size());
    assertEquals(3, one.get("total_events"));
    for (String bad :
        List.of("limit=", "limit=-1", "limit=x", "limit=99999999999", "limit=1&limit=2")) {
      assertEquals(400, send("GET", "/api/v1/drops?" + bad).statusCode(), bad);
    }
  }

  @Test
  void shouldServeTheRatesOfTheLastMinutes() throws Exception {
    Map<String, Object> answer = json(send("GET", "/api/v1/history"));
    assertEquals(1.0, answer.get("interval_seconds"));
    assertEquals(
        List.of(
            Map.of(
                "id",
                7,
                "collected_bytes_per_second",
                List.of(10, 20),
                "dropped_records_per_second",
                List.of(0, 1))),
        answer.get("sessions"));
  }

  @Test
  @SuppressWarnings("unchecked") // the parser maps every object to a Map<String, Object>
  void shouldServeSessionsWithEveryKeyOfTheContract() throws Exception {
    Map<String, Object> answer = json(send("GET", "/api/v1/sessions"));
    assertEquals(Set.of("sessions", "ended"), answer.keySet());
    Map<String, Object> session = ((List<Map<String, Object>>) answer.get("sessions")).get(0);
    assertEquals(
        List.of(
            "id",
            "device",
            "name",
            "layout",
            "runtime",
            "placement",
            "route",
            "level",
            "num_cores",
            "sched_threads",
            "state",
            "runs",
            "run_epoch",
            "run_name",
            "started_at",
            "duration_seconds",
            "device_records",
            "collected_records",
            "collected_bytes",
            "dropped_records",
            "salvaged_records",
            "never_started_records",
            "unaccounted_records",
            "in_flight_records",
            "abi_violations",
            "verified_records",
            "mismatched_records",
            "device_stall_seconds_estimate",
            "refill_latency_seconds",
            "drain_pause_seconds",
            "collected_bytes_per_second",
            "dropped_records_per_second",
            "arena",
            "queues",
            "tasks",
            "ceilings",
            "kinds"),
        new ArrayList<>(session.keySet()));
    assertEquals(1100, session.get("device_records"));
    assertEquals(1000, session.get("collected_records"));
    Map<String, Object> dropped = (Map<String, Object>) session.get("dropped_records");
    assertEquals(60, dropped.get("host_late"));
    assertEquals(Labels.DROP_CAUSES, new ArrayList<>(dropped.keySet()), "every cause, at 0");
    Map<String, Object> violations = (Map<String, Object>) session.get("abi_violations");
    assertEquals(Labels.ABI_VIOLATIONS.size(), violations.size());
    assertEquals(
        Map.of("p50", 1.5e-6, "p99", 2e-5, "p999", 3e-5, "max", 4e-5, "count", 1000),
        session.get("refill_latency_seconds"));
    assertEquals(
        Map.of("bytes", 1 << 20, "buffers", 64, "huge_pages", true, "locked", false, "notice", ""),
        session.get("arena"));
    assertEquals(Labels.KINDS, new ArrayList<>(((Map<String, ?>) session.get("kinds")).keySet()));
  }

  @Test
  void shouldShowAPageThatNeedsNothingElse() throws Exception {
    HttpResponse<byte[]> response = send("GET", "/");
    String page = text(response);
    assertTrue(page.startsWith("<!DOCTYPE html>"));
    assertTrue(page.contains("1.2.3"));
    assertFalse(page.matches("(?s).*@[A-Z]+@.*"), "a part was not put in");
    assertFalse(page.matches("(?s).*(src=|href=\"(http|//)).*"), "no foreign asset");
    String policy = header(response, "content-security-policy");
    assertTrue(policy.startsWith("default-src 'none'; script-src 'sha256-"), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertFalse(policy.contains("http"), policy);
    assertEquals("DENY", header(response, "x-frame-options"));
  }

  @Test
  void shouldAnswerHeadWithoutABody() throws Exception {
    HttpResponse<byte[]> get = send("GET", "/api/v1/sessions");
    HttpResponse<byte[]> head = send("HEAD", "/api/v1/sessions");
    assertEquals(200, head.statusCode());
    assertEquals(0, head.body().length);
    assertEquals(header(get, "content-length"), header(head, "content-length"));
    assertEquals(200, send("HEAD", "/metrics").statusCode());
  }

  @Test
  void shouldRefuseWhatItDoesNotServe() throws Exception {
    assertEquals(404, send("GET", "/nowhere").statusCode());
    assertEquals(404, send("GET", "/v1/status").statusCode(), "control is not on TCP");
    HttpResponse<byte[]> post = send("POST", "/metrics");
    assertEquals(405, post.statusCode());
    assertEquals("GET, HEAD", header(post, "allow"));
    assertEquals(404, send("POST", "/v1/sessions/7/detach").statusCode());
    assertEquals(414, send("GET", "/" + "a".repeat(5000)).statusCode());
    assertEquals(431, send("GET", "/metrics", "X-Large", "a".repeat(9000)).statusCode());
    assertEquals(200, send("GET", "/-/healthy").statusCode(), "and goes on");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"})
  void shouldAnswerGarbageWith400(String request) throws Exception {
    try (Socket socket = connect()) {
      write(socket, request);
      byte[] answer = socket.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 400", new String(answer, StandardCharsets.US_ASCII));
    }
  }

  @Test
  void shouldAnswerPipelinedRequestsInOrder() throws Exception {
    try (Socket socket = connect()) {
      String requests = request("GET /metrics") + request("GET /-/healthy", "Connection: close");
      write(socket, requests);
      String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answers.indexOf("sluice_build_info") < answers.lastIndexOf("\r\n\r\nhealthy\n"));
      assertTrue(answers.endsWith("\r\n\r\nhealthy\n"));
    }
  }

  @Test
  void shouldCloseAConnectionThatTrickles() throws Exception {
    server.close();
    server = start(new HttpSettings(ANY_PORT, Optional.empty(), 512, 512, 50_000_000, LIVE));
    try (Socket socket = connect()) {
      write(socket, "GET / HT");
      assertEquals(-1, socket.getInputStream().read());
    }
    try (Socket silent = connect()) {
      assertEquals(-1, silent.getInputStream().read());
    }
  }

  @Test
  void shouldRefuseMoreConnectionsThanAllowed() throws Exception {
    server.close();
    server = start(new HttpSettings(ANY_PORT, Optional.empty(), 2, 40, 10_000_000_000L, LIVE));
    try (Socket first = connect();
        Socket second = connect()) {
      // A response proves that the connection is set up.
      for (Socket socket : List.of(first, second)) {
        write(socket, request("GET /-/ready"));
        assertEquals(
            "HTTP/1.1 200",
            new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII));
      }
      try (Socket third = connect()) {
        write(third, request("GET /-/ready"));
        String answer =
            new String(third.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertTrue(answer.startsWith("HTTP/1.1 503"), answer);
        assertTrue(answer.endsWith("too many connections\n"), answer);
      }
    }
  }

  @Test
  void shouldAnswerManyScrapesAtOnce() {
    List<CompletableFuture<HttpResponse<byte[]>>> scrapes = new ArrayList<>();
    URI metrics = URI.create("http://127.0.0.1:" + server.address().getPort() + "/metrics");
    for (int i = 0; i < 200; i++) {
      scrapes.add(
          client.sendAsync(
              HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofByteArray()));
    }
    for (CompletableFuture<HttpResponse<byte[]>> scrape : scrapes) {
      assertEquals(200, scrape.join().statusCode());
    }
  }

  @Test
  void shouldSayWhyItCannotListen() {
    ListenAddress taken = new ListenAddress("127.0.0.1", server.address().getPort());
    String message =
        assertThrows(
                BindException.class,
                () ->
                    start(
                        new HttpSettings(taken, Optional.empty(), 512, 512, 10_000_000_000L, LIVE)))
            .getMessage();
    assertTrue(message.startsWith("cannot listen on " + taken + ": "), message);
    assertTrue(message.endsWith("free the port or set sluice.http.listen"), message);
  }
}
