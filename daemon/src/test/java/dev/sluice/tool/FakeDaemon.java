package dev.sluice.tool;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.config.Configuration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A host whose daemon is an HTTP server with scripted responses. */
public final class FakeDaemon implements DaemonHost {
  /** Configuration of the last daemon started. */
  public final Map<String, String> overrides = new LinkedHashMap<>();

  /** Session objects as in the daemon's responses. */
  public final List<Map<String, Object>> sessions = new ArrayList<>();

  public final List<Map<String, Object>> ended = new ArrayList<>();
  public final List<Map<String, Object>> drops = new ArrayList<>();

  /** Totals over all sessions since the start. */
  public Map<String, Object> totals = counts(0, 0, 0);

  public long captureLost;
  public Map<String, Object> lastLoss = new LinkedHashMap<>();
  public int starts;
  public int closes;
  public boolean isReady = true;

  /** Runs additionally when a daemon starts. */
  public Runnable onStart = () -> {};

  /** Returns a settled session with {@code device} records of 32 bytes, all AICPU tasks. */
  public static Map<String, Object> session(
      String name, long device, long dropped, long unaccounted) {
    Map<String, Object> counts = counts(device, dropped, unaccounted);
    Map<String, Object> session = new LinkedHashMap<>();
    session.put("id", 7);
    session.put("device", 0);
    session.put("name", name);
    session.put("layout", "chip-2026.08/a2a3");
    session.put("placement", "sim");
    session.put("route", "memfd");
    session.put("level", 4);
    session.put("num_cores", 24);
    session.put("state", "ended (detached)");
    session.put("started_at", "2026-11-22T00:00:00Z");
    session.put("duration_seconds", 2.5);
    session.putAll(counts);
    session.put("abi_violations", Map.of("torn_entry", 0));
    session.put("device_stall_seconds_estimate", 4.5);
    session.put("refill_latency_seconds", quantiles());
    session.put("drain_pause_seconds", quantiles());
    session.put("collected_bytes_per_second", 2.5e8);
    session.put("dropped_records_per_second", 0);
    session.put(
        "ceilings",
        Map.of("control_path", Map.of("utilization_ratio", 0.25, "worst_utilization_ratio", 1.5)));
    session.put("kinds", Map.of("aicpu_task", counts));
    return session;
  }

  /** Returns the capture object of a session. */
  public static Map<String, Object> capture(
      String directory, long writtenBytes, long captured, long lost) {
    return Map.of(
        "directory",
        directory,
        "written_bytes",
        writtenBytes,
        "captured_records",
        captured,
        "capture_lost_records",
        Map.of("disk_full", 0, "io_error", lost));
  }

  public static Map<String, Object> counts(long device, long dropped, long unaccounted) {
    Map<String, Object> counts = new LinkedHashMap<>();
    long collected = device - dropped - unaccounted;
    counts.put("device_records", device);
    counts.put("collected_records", collected);
    counts.put("collected_bytes", 32 * collected);
    counts.put("dropped_records", Map.of("host_late", dropped, "inferred", 0));
    counts.put("salvaged_records", 0);
    counts.put("never_started_records", 0);
    counts.put("unaccounted_records", unaccounted);
    return counts;
  }

  private static Map<String, Object> quantiles() {
    return Map.of("p50", 1e-6, "p99", 2e-6, "p999", 3e-6, "max", 4e-6, "count", 100);
  }

  @Override
  public void check(Configuration configuration) {
    // Names no file that could be invalid.
  }

  @Override
  public Running start(Optional<Path> config, Map<String, String> settings) {
    overrides.clear();
    overrides.putAll(settings);
    starts++;
    onStart.run();
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      serve(server, "/api/v1/sessions", () -> Map.of("sessions", sessions, "ended", ended));
      serve(server, "/api/v1/drops", () -> Map.of("total_events", drops.size(), "drops", drops));
      serve(server, "/api/v1/status", this::status);
      server.createContext(
          "/-/ready",
          exchange -> {
            exchange.sendResponseHeaders(isReady ? 200 : 503, -1);
            exchange.close();
          });
      server.start();
      return new FakeRunning(server, Path.of(settings.getOrDefault("sluice.attach.socket", "")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, Object> status() {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("ready", isReady);
    status.put("not_ready_reasons", isReady ? List.of() : List.of("starting"));
    status.put("uptime_seconds", 90);
    status.put("devices_down", List.of());
    status.put("capture_writing", "buffered");
    status.put("direct_io_refusal", "Invalid argument");
    status.put("totals", totals);
    status.put("storage", Map.of("lost_records", Map.of("disk_full", captureLost)));
    status.put("last_loss", lastLoss);
    status.put("sessions", sessions);
    status.put("ended", ended);
    return status;
  }

  private static void serve(
      HttpServer server, String path, java.util.function.Supplier<Map<String, Object>> answer) {
    server.createContext(
        path,
        exchange -> {
          byte[] body = Json.print(answer.get()).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }

  private final class FakeRunning implements Running {
    private final HttpServer server;
    private final Path attachSocket;

    FakeRunning(HttpServer server, Path attachSocket) {
      this.server = server;
      this.attachSocket = attachSocket;
    }

    @Override
    public int httpPort() {
      return server.getAddress().getPort();
    }

    @Override
    public Path attachSocket() {
      return attachSocket;
    }

    @Override
    public Path controlSocket() {
      return attachSocket.resolveSibling("control.sock");
    }

    @Override
    public void reload() {
      throw new AssertionError("no command reloads a daemon of its own");
    }

    @Override
    public void close() {
      server.stop(0);
      closes++;
    }
  }
}
