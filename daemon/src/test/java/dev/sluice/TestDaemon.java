package dev.sluice;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.tool.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * A whole daemon in this process, started as {@code sluice daemon} does: sockets in its own folder,
 * a free port, every synthetic record checked. Keeps its log.
 */
final class TestDaemon implements AutoCloseable {
  private static final List<TestDaemon> open = new CopyOnWriteArrayList<>();

  private final Path folder;
  private final Log log;
  private final SluiceDaemon daemon;

  private TestDaemon(
      Path folder, Supplier<ConfigSources> sources, Map<String, String> environment) {
    this.folder = folder;
    this.log = new Log();
    try {
      daemon = start(sources, environment);
    } catch (RuntimeException e) {
      log.detach();
      delete(folder);
      throw e;
    }
    open.add(this);
  }

  /**
   * @param settings {@code key=value}, override those of the fixture
   */
  static TestDaemon start(String... settings) {
    Path folder = newFolder();
    return new TestDaemon(folder, sources(folder, List.of(settings)), Map.of());
  }

  /** Starts it like a service manager. */
  static TestDaemon startAsService(Map<String, String> environment, String... settings) {
    Path folder = newFolder();
    return new TestDaemon(folder, sources(folder, List.of(settings)), environment);
  }

  /** Starts it with a configuration file, which each reload reads again. */
  static TestDaemon startWith(Path file) {
    Path folder = newFolder();
    return new TestDaemon(
        folder,
        () -> new ConfigSources(Optional.of(file), Map.of(), settingsFor(folder)),
        Map.of());
  }

  private static Supplier<ConfigSources> sources(Path folder, List<String> settings) {
    List<String> all = new ArrayList<>(settingsFor(folder));
    all.addAll(settings);
    return () -> new ConfigSources(Optional.empty(), Map.of(), all);
  }

  /** Starts a second daemon in the folder of another, to be refused. */
  static SluiceDaemon start(Path folder, List<String> settings) {
    return start(sources(folder, settings), Map.of());
  }

  /**
   * @param sources read again at each reload
   * @param environment environment of the service
   */
  static SluiceDaemon start(Supplier<ConfigSources> sources, Map<String, String> environment) {
    Supplier<Configuration> configuration = () -> Configuration.load(sources.get());
    return SluiceDaemon.start(configuration.get(), configuration, Sluice.buildInfo(), environment);
  }

  /** Settings that isolate a daemon from any other. */
  static List<String> settingsFor(Path folder) {
    return List.of(
        "sluice.http.listen=127.0.0.1:0",
        "sluice.attach.socket=" + folder.resolve("attach.sock"),
        "sluice.control.socket=" + folder.resolve("control.sock"),
        "sluice.collector.verify-synthetic=true",
        // Depend on the machine's limits and only affect speed.
        "sluice.arena.huge-pages=off",
        "sluice.arena.lock-memory=off",
        "sluice.janitor.interval=10ms",
        // Tests of captures enable it and set a directory.
        "sluice.capture.enabled=false");
  }

  /** Returns a folder with a short path: a socket's path is limited to 107 bytes. */
  static Path newFolder() {
    try {
      return Files.createTempDirectory(Path.of("/tmp"), "sluice-e2e-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void delete(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the daemons that the test has not closed yet. */
  static List<TestDaemon> open() {
    return List.copyOf(open);
  }

  Path folder() {
    return folder;
  }

  Path attachSocket() {
    return daemon.attachSocket();
  }

  int httpPort() {
    return daemon.httpPort();
  }

  /** Starts a producer that attaches to this daemon under a name. */
  TestProducer producer(String name, String... arguments) throws IOException {
    return TestProducer.start(attachSocket(), name, List.of(arguments));
  }

  /**
   * Same with additional environment variables.
   *
   * @param environment variables in addition to the inherited ones
   */
  TestProducer producer(Map<String, String> environment, String name, String... arguments)
      throws IOException {
    return TestProducer.start(attachSocket(), environment, name, List.of(arguments));
  }

  /** Runs a producer with additional environment variables to its end. */
  TestProducer.Report run(Map<String, String> environment, String name, String... arguments)
      throws Exception {
    try (TestProducer producer = producer(environment, name, arguments)) {
      return producer.await();
    }
  }

  /** Runs a producer to its end. */
  TestProducer.Report run(String name, String... arguments) throws Exception {
    try (TestProducer producer = producer(name, arguments)) {
      return producer.await();
    }
  }

  /** Returns the body of a response, whatever its status. */
  String get(String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + httpPort() + path).toURL().openConnection();
    connection.setConnectTimeout(5_000);
    connection.setReadTimeout(5_000);
    try (InputStream body =
        connection.getResponseCode() < 400
            ? connection.getInputStream()
            : connection.getErrorStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Sends a request to the operator's socket; returns the whole response, with its status line. */
  String control(String method, String path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(daemon.controlSocket()));
      String request =
          method + " " + path + " HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n";
      channel.write(StandardCharsets.US_ASCII.encode(request));
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Returns the value of one sample of {@code /metrics}, named with labels as in the text. */
  double metric(String sample) throws IOException {
    return get("/metrics")
        .lines()
        .filter(line -> line.startsWith(sample + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no sample " + sample));
  }

  /** Returns all sessions, open or ended. */
  List<SessionView> sessions() throws Exception {
    Map<String, Object> answer = Json.parse(get("/api/v1/sessions"), "/api/v1/sessions");
    List<SessionView> sessions = new ArrayList<>();
    for (String list : List.of("sessions", "ended")) {
      Json.objects(answer, list).forEach(json -> sessions.add(new SessionView(json)));
    }
    return sessions;
  }

  /** Returns the session of the producer with this name. */
  SessionView session(String name) throws Exception {
    for (SessionView session : sessions()) {
      if (session.name().equals(name)) {
        return session;
      }
    }
    throw new AssertionError("no session is called " + name);
  }

  /** Waits until the session meets the condition. */
  SessionView await(String name, SessionCondition condition) throws Exception {
    SessionView[] seen = new SessionView[1];
    Await.until(
        () -> {
          for (SessionView session : sessions()) {
            if (session.name().equals(name)) {
              seen[0] = session;
              return condition.isMet(session);
            }
          }
          return false;
        },
        () -> "session " + name + " never got there; last seen: " + seen[0]);
    return seen[0];
  }

  /** A polled condition of a session. */
  interface SessionCondition {
    boolean isMet(SessionView session) throws Exception;
  }

  /** Blocks the thread of an agent, like a hung system call. */
  AgentBlock block(String roleName) {
    AgentBlock block = new AgentBlock(roleName);
    daemon.runners().stream()
        .filter(
            runner ->
                Arrays.stream(runner.agents()).anyMatch(one -> one.roleName().equals(roleName)))
        .findFirst()
        .orElseThrow()
        .add(block);
    return block;
  }

  /** Returns the next frame of the status page's live feed. */
  Map<String, Object> liveFrame() throws Exception {
    try (BufferedReader events =
        new BufferedReader(
            new InputStreamReader(
                URI.create("http://127.0.0.1:" + httpPort() + "/api/v1/live").toURL().openStream(),
                StandardCharsets.UTF_8))) {
      String line = events.readLine();
      while (!line.startsWith("data:")) {
        line = events.readLine();
      }
      return Json.parse(line.substring("data:".length()), "/api/v1/live");
    }
  }

  /** Returns whether the daemon reports itself healthy and ready. */
  boolean isHealthy() throws IOException {
    return get("/-/healthy").strip().equals("healthy") && get("/-/ready").strip().equals("ready");
  }

  /** Returns the lines logged so far at this level or above that contain a text. */
  List<String> logged(Level least, String text) {
    return log.lines(least, text);
  }

  /** Returns counters and log, for failure messages. */
  String describe() {
    String sessions;
    try {
      sessions = get("/api/v1/status");
    } catch (IOException e) {
      sessions = "no answer: " + e;
    }
    return sessions + "\n" + String.join("\n", log.lines(Level.INFO, ""));
  }

  /** Stops the daemon. Idempotent. */
  @Override
  public void close() {
    if (open.remove(this)) {
      FailureDump.keep(describe());
      daemon.close();
      log.detach();
      delete(folder);
    }
  }

  /** Collects the daemon's log: all warnings, and the last of the rest. Thread-safe. */
  private static final class Log extends AppenderBase<ILoggingEvent> {
    private static final int KEPT = 10_000;

    private final ConcurrentLinkedQueue<ILoggingEvent> warnings = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice");

    Log() {
      setContext(logger.getLoggerContext());
      start();
      logger.addAppender(this);
    }

    @Override
    protected void append(ILoggingEvent event) {
      events.add(event);
      if (size.incrementAndGet() > KEPT) {
        size.decrementAndGet();
        ILoggingEvent oldest = events.remove();
        if (oldest.getLevel().isGreaterOrEqual(Level.WARN)) {
          warnings.add(oldest);
        }
      }
    }

    List<String> lines(Level least, String text) {
      return Stream.concat(warnings.stream(), events.stream())
          .filter(event -> event.getLevel().isGreaterOrEqual(least))
          .map(event -> event.getLevel() + " " + event.getFormattedMessage() + thrown(event))
          .filter(line -> line.contains(text))
          .toList();
    }

    private static String thrown(ILoggingEvent event) {
      return event.getThrowableProxy() == null
          ? ""
          : ": "
              + event.getThrowableProxy().getClassName()
              + " "
              + event.getThrowableProxy().getMessage();
    }

    void detach() {
      logger.detachAppender(this);
    }
  }
}
