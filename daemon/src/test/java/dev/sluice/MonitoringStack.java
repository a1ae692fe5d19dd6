package dev.sluice;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.monitoring.Deploy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real Prometheus and a real Alertmanager with the files of deploy/, and a web hook that keeps
 * what it receives. Everything is on loopback, in its own folder, with each minute of the rules
 * scaled down to a second.
 */
final class MonitoringStack implements AutoCloseable {
  static final int SCRAPE_SECONDS = 1;
  static final int EVALUATION_SECONDS = 1;

  private static final Pattern MINUTES = Pattern.compile("\\b(\\d+)(m|h)\\b");

  /** A notification of Alertmanager and its arrival time. */
  record Message(Instant at, String json) {}

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final List<Message> messages = new CopyOnWriteArrayList<>();
  private final HttpServer webhook;
  private final int prometheusPort = freePort();

  private MonitoringStack(Path folder) throws IOException {
    this.folder = folder;
    InetAddress loopback = InetAddress.getLoopbackAddress();
    webhook = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
    webhook.createContext("/", this::receive);
    webhook.start();
  }

  /** Starts the stack; skips the test if a program is missing. */
  static MonitoringStack start(Path folder, int daemonPort, String... features) throws Exception {
    Path prometheus = installed("prometheus", "prometheus");
    Path alertmanager = installed("prometheus-alertmanager", "alertmanager");
    MonitoringStack stack = new MonitoringStack(folder);
    try {
      int alertmanagerPort = freePort();
      stack.startAlertmanager(alertmanager, alertmanagerPort);
      stack.startPrometheus(prometheus, daemonPort, alertmanagerPort, features);
    } catch (IOException | RuntimeException e) {
      stack.close();
      throw e;
    }
    return stack;
  }

  private static Path installed(String debianPackage, String otherName) {
    Optional<Path> program = Deploy.program(debianPackage, otherName);
    Assumptions.assumeTrue(
        program.isPresent(),
        otherName + " is not installed (Debian package " + debianPackage + ")");
    return program.get();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void startAlertmanager(Path program, int port) throws IOException {
    String config =
        Files.readString(Deploy.path("alertmanager/alertmanager.yml"))
            .replace("127.0.0.1:9095", "127.0.0.1:" + webhook.getAddress().getPort())
            .replaceAll("group_wait: \\w+", "group_wait: 0s")
            .replaceAll("group_interval: \\w+", "group_interval: 1s");
    Path file = Files.writeString(folder.resolve("alertmanager.yml"), config);
    run(
        program,
        "alertmanager",
        "--config.file=" + file,
        "--storage.path=" + folder.resolve("alertmanager"),
        "--web.listen-address=127.0.0.1:" + port,
        "--cluster.listen-address=");
  }

  private void startPrometheus(
      Path program, int daemonPort, int alertmanagerPort, String... features) throws IOException {
    Files.createDirectories(folder.resolve("rules"));
    for (String rules : List.of("sluice-recording.yml", "sluice-alerts.yml")) {
      String text = Files.readString(Deploy.path("prometheus/rules/" + rules));
      Files.writeString(folder.resolve("rules").resolve(rules), secondsForMinutes(text));
    }
    String config =
        Files.readString(Deploy.path("prometheus/prometheus.yml"))
            .replace("scrape_interval: 15s", "scrape_interval: " + SCRAPE_SECONDS + "s")
            .replace("evaluation_interval: 15s", "evaluation_interval: " + EVALUATION_SECONDS + "s")
            .replace("scrape_timeout: 5s", "scrape_timeout: " + SCRAPE_SECONDS + "s")
            .replace("127.0.0.1:9797", "127.0.0.1:" + daemonPort)
            .replace("127.0.0.1:9093", "127.0.0.1:" + alertmanagerPort);
    Path file = Files.writeString(folder.resolve("prometheus.yml"), config);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--config.file=" + file,
                "--storage.tsdb.path=" + folder.resolve("prometheus"),
                "--web.listen-address=127.0.0.1:" + prometheusPort));
    for (String feature : features) {
      arguments.add("--enable-feature=" + feature);
    }
    run(program, "prometheus", arguments.toArray(String[]::new));
  }

  /** Turns 10m into 10s and 1h into 60s; seconds stay, because windows of five scrapes must. */
  private static String secondsForMinutes(String rules) {
    return MINUTES
        .matcher(rules)
        .replaceAll(
            found -> {
              int count = Integer.parseInt(found.group(1));
              return Matcher.quoteReplacement((found.group(2).equals("h") ? 60 : 1) * count + "s");
            });
  }

  private void run(Path program, String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    processes.add(
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".log").toFile())
            .start());
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      messages.add(new Message(Instant.now(), body));
      exchange.sendResponseHeaders(200, -1);
    }
  }

  String prometheus() {
    return "http://127.0.0.1:" + prometheusPort;
  }

  /** Returns the notifications received so far, oldest first. */
  List<Message> messages() {
    return messages;
  }

  /** Returns the ends of both logs, for failure messages. */
  String describe() {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path log : files.filter(file -> file.toString().endsWith(".log")).toList()) {
        List<String> lines = Files.readAllLines(log);
        lines
            .subList(Math.max(0, lines.size() - 20), lines.size())
            .forEach(line -> text.append(log.getFileName()).append(": ").append(line).append('\n'));
      }
    } catch (IOException e) {
      text.append("no logs: ").append(e);
    }
    return text.toString();
  }

  /** Stops both programs and waits for them to end. Idempotent. */
  @Override
  public void close() throws IOException {
    for (Process process : processes) {
      process.destroy();
    }
    for (Process process : processes) {
      process.onExit().join();
    }
    webhook.stop(0);
  }
}
