package dev.sluice;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;

/**
 * A headless Chromium with one page, driven over the DevTools protocol. Records the page's
 * requests, exceptions and console errors.
 */
final class Browser implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 40;
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  private final Path profile;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final AtomicInteger lastId = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Map<String, Object>>> calls =
      new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private Browser(Path program) throws Exception {
    profile = Files.createTempDirectory("sluice-chromium-");
    process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox", // Chromium refuses to run as root with a sandbox
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--hide-scrollbars",
                "--force-device-scale-factor=1",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      socket =
          http.newWebSocketBuilder()
              .buildAsync(URI.create(pageAddress(debuggingPort())), new Messages())
              .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
        call(domain + ".enable", Map.of());
      }
    } catch (Exception | AssertionError e) {
      stop();
      throw e;
    }
  }

  /** Returns the path of Chromium; empty if it is not installed. */
  static Optional<Path> find() {
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Browser start(Path program) throws Exception {
    return new Browser(program);
  }

  private int debuggingPort() throws Exception {
    Path file = profile.resolve("DevToolsActivePort");
    until(
        () -> {
          Assertions.assertTrue(process.isAlive(), "chromium ended at once");
          return Files.exists(file) && Files.readAllLines(file).size() > 1;
        },
        "chromium opens no debugging port");
    return Integer.parseInt(Files.readAllLines(file).get(0));
  }

  private String pageAddress(int port) throws Exception {
    HttpRequest list =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build();
    String[] address = new String[1];
    until(
        () -> {
          String body = http.send(list, HttpResponse.BodyHandlers.ofString()).body();
          for (Object target : JSON.std.listFrom(body)) {
            Map<?, ?> page = (Map<?, ?>) target;
            if (page.get("type").equals("page")) {
              address[0] = (String) page.get("webSocketDebuggerUrl");
            }
          }
          return address[0] != null;
        },
        "chromium opens no page");
    return address[0];
  }

  /** Reassembles fragmented WebSocket messages. */
  private final class Messages implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean isLast) {
      parts.append(data);
      if (isLast) {
        received(parts.toString());
        parts.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  private void received(String text) {
    Map<String, Object> message;
    try {
      message = JSON.std.mapFrom(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (message.get("id") instanceof Integer id) {
      calls.remove(id).complete(message);
      return;
    }
    String parameters = String.valueOf(message.get("params"));
    switch ((String) message.get("method")) {
      case "Network.requestWillBeSent" ->
          requests.add(
              (String) ((Map<?, ?>) ((Map<?, ?>) message.get("params")).get("request")).get("url"));
      case "Runtime.exceptionThrown" -> errors.add("exception: " + parameters);
      case "Runtime.consoleAPICalled" -> {
        if (parameters.contains("type=error") || parameters.contains("type=warning")) {
          errors.add("console: " + parameters);
        }
      }
      case "Log.entryAdded" -> {
        if (parameters.contains("level=error")) {
          errors.add("log: " + parameters);
        }
      }
      default -> {}
    }
  }

  private Map<String, Object> call(String method, Map<String, ?> parameters) throws Exception {
    int id = lastId.incrementAndGet();
    CompletableFuture<Map<String, Object>> answer = new CompletableFuture<>();
    calls.put(id, answer);
    String text = JSON.std.asString(Map.of("id", id, "method", method, "params", parameters));
    socket.sendText(text, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Map<String, Object> message = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Assertions.assertFalse(message.containsKey("error"), () -> method + ": " + message);
    return JSON.std.mapFrom(JSON.std.asString(message.get("result")));
  }

  void open(String address) throws Exception {
    call("Page.navigate", Map.of("url", address));
  }

  void resize(int width, int height) throws Exception {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  /**
   * @param scheme {@code dark} or {@code light}
   */
  void prefer(String scheme) throws Exception {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /** Evaluates a JavaScript expression; returns the value as a string. */
  String evaluate(String expression) throws Exception {
    Map<?, ?> answer =
        call(
            "Runtime.evaluate",
            Map.of("expression", "String(" + expression + ")", "returnByValue", true));
    Assertions.assertFalse(
        answer.containsKey("exceptionDetails"), () -> expression + ": " + answer);
    return (String) ((Map<?, ?>) answer.get("result")).get("value");
  }

  /** Returns the text of the first element that matches a selector; empty if none does. */
  String text(String selector) throws Exception {
    return evaluate(
        "(document.querySelector("
            + JSON.std.asString(selector)
            + ") || {textContent: ''})"
            + ".textContent");
  }

  void press(String key, int code) throws Exception {
    for (String type : List.of("rawKeyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
    }
    if (key.equals("Enter")) {
      call("Input.dispatchKeyEvent", Map.of("type", "char", "text", "\r"));
    }
  }

  /** Captures the whole page, including the part outside the viewport. */
  void screenshot(Path file) throws Exception {
    Map<String, Object> shot =
        call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true));
    Files.write(file, Base64.getDecoder().decode((String) shot.get("data")));
  }

  /** Returns every address the page requested. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  /** Returns exceptions, and errors and warnings on the console. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  void forgetErrors() {
    errors.clear();
  }

  void await(String expression, String otherwise) throws Exception {
    String[] seen = new String[1];
    until(
        () -> {
          seen[0] = evaluate(expression);
          return seen[0].equals("true");
        },
        otherwise);
  }

  private static void until(Await.Condition condition, String otherwise) throws Exception {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.isMet()) {
      if (System.nanoTime() - deadlineNs > 0) {
        Assertions.fail(otherwise);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  private void stop() throws Exception {
    List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
    process.destroyForcibly().waitFor();
    family.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle member : family) {
      member.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    try (Stream<Path> files = Files.walk(profile)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public void close() throws Exception {
    socket.abort();
    stop();
  }
}
