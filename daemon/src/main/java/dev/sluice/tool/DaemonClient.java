package dev.sluice.tool;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads a daemon's JSON over HTTP. Stateless; any thread. */
public final class DaemonClient {
  /** A daemon on the loopback answers in microseconds; one that takes this long hangs. */
  private static final int TIMEOUT_MS = 5_000;

  private final URI base;
  private final Optional<ControlClient> control;

  public DaemonClient(URI base) {
    this.base = base;
    this.control = Optional.empty();
  }

  private DaemonClient(Path controlSocket) {
    this.base = controlSocket.toUri();
    this.control = Optional.of(new ControlClient(controlSocket));
  }

  /** Uses the control socket, for a daemon whose listener requires certificates or passwords. */
  static DaemonClient onSocket(Path controlSocket) {
    return new DaemonClient(controlSocket);
  }

  /** Returns a client of the daemon of this configuration; empty means the installed one. */
  public static DaemonClient configured(Optional<Path> config) {
    Settings settings = Configuration.load(ConfigSources.of(config, List.of())).settings();
    if (settings.http().webConfig().isPresent()) {
      return DaemonClient.onSocket(settings.control().socket());
    }
    ListenAddress listen = settings.http().listen();
    String address = listen.toString();
    String host = address.substring(0, address.lastIndexOf(':'));
    return at(Loopback.reaching(host), listen.port());
  }

  /** Takes the host in URL form: an IPv6 address in brackets. */
  static DaemonClient at(String host, int port) {
    return new DaemonClient(URI.create("http://" + host + ":" + port));
  }

  public static DaemonClient onPort(int port) {
    return at(Loopback.address(), port);
  }

  public URI base() {
    return base;
  }

  public Map<String, Object> status() throws ToolException {
    return get("/api/v1/status");
  }

  /** Returns open sessions, then ended ones, newest first. */
  public List<SessionReport> sessions() throws ToolException {
    return sessions(get("/api/v1/sessions"));
  }

  /** Reads the sessions of a response; that of the status holds them, too. */
  static List<SessionReport> sessions(Map<String, Object> answer) throws ToolException {
    List<SessionReport> sessions = new ArrayList<>();
    for (String list : List.of("sessions", "ended")) {
      for (Map<String, Object> session : Json.objects(answer, list)) {
        sessions.add(SessionReport.read(session));
      }
    }
    return sessions;
  }

  /** Returns the latest drop events, newest first. */
  public List<DropReport> drops(int limit) throws ToolException {
    List<DropReport> drops = new ArrayList<>();
    for (Map<String, Object> event : Json.objects(dropsAnswer(limit), "drops")) {
      drops.add(DropReport.read(event));
    }
    return drops;
  }

  /** Returns the daemon's raw response to the query for drop events. */
  Map<String, Object> dropsAnswer(int limit) throws ToolException {
    return get("/api/v1/drops?limit=" + limit);
  }

  /** Returns what captures lost since the daemon started. */
  Storage storage() throws ToolException {
    return Storage.read(status());
  }

  /**
   * The captures of all sessions since the daemon started.
   *
   * @param lost collected records that are in no capture, by reason
   */
  record Storage(Map<String, Long> lost) {
    static Storage read(Map<String, Object> status) throws ToolException {
      return new Storage(Json.counts(Json.object(status, "storage"), "lost_records"));
    }

    long lostRecords() {
      return lost.values().stream().mapToLong(Long::longValue).sum();
    }

    String sentence() {
      return String.format(
          Locale.ROOT,
          "%,d records were collected and are in no capture: %s.",
          lostRecords(),
          counted(lost));
    }
  }

  /** Formats counts by reason, leaving out zeros. */
  static String counted(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() != 0)
        .map(entry -> String.format(Locale.ROOT, "%s %,d", entry.getKey(), entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  public Optional<SessionReport> session(String name) throws ToolException {
    return sessions().stream().filter(session -> session.name().equals(name)).findFirst();
  }

  /** Returns whether {@code /-/ready} reports that the daemon can serve. */
  public boolean isReady() {
    if (control.isPresent()) {
      try {
        return Boolean.TRUE.equals(status().get("ready"));
      } catch (ToolException ignored) {
        return false;
      }
    }
    try {
      HttpURLConnection connection = open("/-/ready");
      try {
        return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
      } finally {
        connection.disconnect();
      }
    } catch (IOException ignored) {
      // No daemon listens yet, so it is not ready.
      return false;
    }
  }

  private Map<String, Object> get(String path) throws ToolException {
    if (control.isPresent()) {
      return control.get().get(path.replaceFirst("^/api", ""));
    }
    URI uri = base.resolve(path);
    try {
      HttpURLConnection connection = open(path);
      int code = connection.getResponseCode();
      if (code == HttpURLConnection.HTTP_UNAUTHORIZED) {
        throw new ToolException(uri + " requires a user: omit --url to use its control socket");
      }
      if (code != HttpURLConnection.HTTP_OK) {
        throw new ToolException(uri + " answered with status " + code);
      }
      try (InputStream stream = connection.getInputStream()) {
        return Json.parse(
            new String(stream.readAllBytes(), StandardCharsets.UTF_8), uri.toString());
      }
    } catch (IOException e) {
      throw new ToolException(
          "no daemon answers at "
              + base
              + " ("
              + (e instanceof UnknownHostException ? "unknown host" : e.getMessage())
              + "); start one with '"
              + Invocation.of("daemon")
              + "' or name it with --url",
          e);
    }
  }

  private HttpURLConnection open(String path) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) base.resolve(path).toURL().openConnection();
    connection.setConnectTimeout(TIMEOUT_MS);
    connection.setReadTimeout(TIMEOUT_MS);
    connection.setRequestProperty("Accept", "application/json");
    return connection;
  }
}
