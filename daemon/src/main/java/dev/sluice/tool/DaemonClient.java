package dev.sluice.tool;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a daemon's JSON over HTTP. Stateless; any thread. */
public final class DaemonClient {
  /** A daemon on the loopback answers in microseconds; after this it hangs. */
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

  /** For a daemon whose listener asks for certificates or passwords: by its control socket. */
  static DaemonClient onSocket(Path controlSocket) {
    return new DaemonClient(controlSocket);
  }

  public static DaemonClient onPort(int port) {
    return new DaemonClient(URI.create("http://127.0.0.1:" + port));
  }

  public URI base() {
    return base;
  }

  public Map<String, Object> status() throws ToolException {
    return get("/api/v1/status");
  }

  /** Open sessions, then ended ones, newest first. */
  public List<SessionReport> sessions() throws ToolException {
    Map<String, Object> answer = get("/api/v1/sessions");
    List<SessionReport> sessions = new ArrayList<>();
    for (String list : List.of("sessions", "ended")) {
      for (Map<String, Object> session : Json.objects(answer, list)) {
        sessions.add(SessionReport.read(session));
      }
    }
    return sessions;
  }

  /** The last events of dropped records, newest first. */
  public List<DropReport> drops(int limit) throws ToolException {
    List<DropReport> drops = new ArrayList<>();
    for (Map<String, Object> event : Json.objects(get("/api/v1/drops?limit=" + limit), "drops")) {
      drops.add(DropReport.read(event));
    }
    return drops;
  }

  public Optional<SessionReport> session(String name) throws ToolException {
    return sessions().stream().filter(session -> session.name().equals(name)).findFirst();
  }

  /** Whether {@code /-/ready} answers that the daemon can serve. */
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
      // Nobody listens yet: that is an answer, too.
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
        throw new ToolException(
            uri + " asks for a user: leave --url out, then its control socket is asked");
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
              + e.getMessage()
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
