package dev.sluice;

import dev.sluice.agent.AgentErrorHandler;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.NanoClock;
import dev.sluice.bridge.DescriptorStore;
import dev.sluice.bridge.ThreadPlacement;
import dev.sluice.config.Configuration;
import dev.sluice.config.ListenAddress;
import dev.sluice.config.Settings;
import dev.sluice.config.SettingsException;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.CaptureThreads;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.ConfigReload;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.RateHistory;
import dev.sluice.service.RootLogLevel;
import dev.sluice.service.attach.AttachServer;
import dev.sluice.service.http.ControlServer;
import dev.sluice.service.http.HttpServer;
import dev.sluice.service.metrics.MetricsRegistry;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.systemd.ServiceNotifier;
import dev.sluice.service.transport.EventLoops;
import dev.sluice.session.Janitor;
import dev.sluice.session.KeptSessions;
import dev.sluice.session.Session;
import dev.sluice.session.Sessions;
import dev.sluice.session.StageRegions;
import dev.sluice.session.run.ThreadPacking;
import dev.sluice.session.run.Warmup;
import dev.sluice.tool.DaemonHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Assembles the daemon. {@link #open} gives the start order and its reasons; the stop is the
 * reverse. No other class knows the parts of a daemon.
 */
final class SluiceDaemon implements DaemonHost.Running {
  private static final Logger log = LoggerFactory.getLogger(SluiceDaemon.class);
  private static final int IO_THREADS = 2;
  private static final int LOWEST_NICE = 19;

  private final Configuration configuration;
  private final Supplier<Configuration> source;
  private final Map<String, String> environment;
  // In order of creation; closed in reverse.
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private DaemonStatus status;
  private ThreadPacking threads;
  private Sessions sessions;
  private AgentRunner janitorRunner;
  private HttpServer http;
  private ConfigReload reload;
  private Optional<ServiceNotifier> notifier = Optional.empty();
  private volatile long janitorIntervalNanos;
  // Null until all parts exist.
  private volatile Consumer<Settings> hot;
  private boolean isClosed;

  private SluiceDaemon(
      Configuration configuration,
      Supplier<Configuration> source,
      Map<String, String> environment) {
    this.configuration = configuration;
    this.source = source;
    this.environment = environment;
  }

  /**
   * Starts a daemon and returns when it is ready: sockets open, hot path warm. On failure it leaves
   * nothing open; the exception has a one-line message if a socket cannot be bound.
   *
   * @param source reads the configuration again for a reload
   * @param environment where a service manager passes its notification socket
   */
  static SluiceDaemon start(
      Configuration configuration,
      Supplier<Configuration> source,
      BuildInfo build,
      Map<String, String> environment) {
    SluiceDaemon daemon = new SluiceDaemon(configuration, source, environment);
    try {
      daemon.open(build);
      return daemon;
    } catch (RuntimeException e) {
      daemon.leave(); // keeps the sessions for the next attempt
      throw e;
    }
  }

  private void open(BuildInfo build) {
    long beganNs = System.nanoTime();
    Settings settings = configuration.settings();
    RootLogLevel logLevel = new RootLogLevel(settings.log().level());
    NanoClock clock = NanoClock.SYSTEM;
    AgentErrorHandler errors =
        (agent, error, isStopped) ->
            log.error("agent failed: {}{}", agent.roleName(), isStopped ? ", stopped" : "", error);
    // First the sessions of an earlier daemon, and what their lanes and captures need: their
    // devices are waiting. Sockets and metrics take half a second to load.
    KeptSessions kept = keptSessions();
    threads =
        keep(new ThreadPacking(settings, clock, errors, Runtime.getRuntime()::availableProcessors));
    // Before the sessions, which write into them; closed after the sessions have ended.
    StageRegions stages = keep(new StageRegions());
    CaptureStore captures =
        keep(CaptureStore.open(settings.captureOfAny(), stages, SluiceDaemon::standBack));
    sessions = new Sessions(settings, threads, captures, build.version(), kept, clock);
    janitorIntervalNanos = settings.janitor().intervalNanos();
    SessionDesk desk = new SessionDesk(sessions);
    List<Session> resumed = sessions.resume(stages);
    resumed.forEach(desk::resumed);
    EventLoops loops = keep(new EventLoops(IO_THREADS));
    // Before the slow parts, so that it can ask systemd for more time.
    notifier = ServiceNotifier.of(environment, ProcessHandle.current().pid(), loops, clock);
    notifier.ifPresent(found -> keepNotifying(found, clock, errors));
    // In parallel: it takes longest, and only the attach socket waits for it. Resumed sessions have
    // already warmed up the hot path.
    CompletableFuture<Long> warmUp =
        !resumed.isEmpty()
            ? CompletableFuture.completedFuture(0L)
            : CompletableFuture.supplyAsync(
                new Warmup(settings)::run,
                task -> {
                  Thread thread = new Thread(task, "sluice-warm-up");
                  thread.setDaemon(true);
                  thread.start();
                });
    Janitor janitor = new Janitor(sessions, threads, clock);
    janitorRunner =
        keep(
            new AgentRunner(
                "sluice-janitor",
                workCount -> LockSupport.parkNanos(janitorIntervalNanos),
                clock,
                errors,
                () -> {}));
    janitorRunner.add(janitor);
    RateHistory history = new RateHistory();
    RateSampler sampler = new RateSampler(sessions, captures, history, clock);
    janitorRunner.add(sampler);
    janitorRunner.start();
    AttachFailures failures = new AttachFailures();
    reload = keep(new ConfigReload(configuration, source, this::apply, reloadListener()));
    status =
        new DaemonStatus(
            build,
            sessions,
            threads,
            janitor,
            janitorRunner,
            captures,
            failures,
            reload::snapshot,
            history,
            sampler::lastCaptureLoss,
            clock);
    status.configuredDevices(settings.devices().ids());
    HttpTraffic traffic = new HttpTraffic();
    WebSecurity security = keep(SluiceHost.security(settings.http(), traffic));
    MetricsRegistry metrics = keep(new MetricsRegistry(status, settings.metrics(), traffic));
    // Early, so that probes and people can see the daemon start.
    http =
        keep(
            HttpServer.start(
                settings.http(), status, metrics.registry(), traffic, security, loops));
    keep(ControlServer.start(settings.control(), status, desk, reload, loops));
    long buffers = warmUp.join();
    // Last: a client that can connect is also served.
    AttachServer attach = keep(AttachServer.start(settings.attach(), desk, failures, loops));
    sessions.clientsCanReturn();
    hot =
        next -> {
          sessions.apply(next);
          captures.apply(next.captureOfAny());
          attach.apply(next.attach());
          janitorIntervalNanos = next.janitor().intervalNanos();
          status.configuredDevices(next.devices().ids());
          logLevel.apply(next.log().level());
        };
    status.setNotReady("");
    notifier.ifPresent(found -> found.ready(status));
    log.info(
        "ready after {} ms: version {} on Java {}, attach {}, http {}, warmed up with {} buffers",
        (System.nanoTime() - beganNs) / 1_000_000,
        build.version(),
        build.javaVersion(),
        settings.attach().socket(),
        new ListenAddress(http.address().getAddress().getHostAddress(), http.address().getPort()),
        buffers);
  }

  private KeptSessions keptSessions() {
    Optional<DescriptorStore> store = Optional.empty();
    try {
      store = DescriptorStore.of(environment);
      store.ifPresent(this::keep);
    } catch (IOException e) {
      log.warn("sessions will not survive a restart: {}", e.getMessage());
    }
    return new KeptSessions(
        store, DescriptorStore.received(environment, ProcessHandle.current().pid()));
  }

  @Override
  public void leave() {
    if (sessions != null) {
      sessions.leave();
    }
    close();
  }

  /** Starts a thread for the notifier: neither a slow socket nor a busy agent may delay a ping. */
  private void keepNotifying(ServiceNotifier notified, NanoClock clock, AgentErrorHandler errors) {
    keep(notified);
    AgentRunner runner =
        keep(
            new AgentRunner(
                "sluice-systemd",
                workCount -> LockSupport.parkNanos(notified.beatNanos()),
                clock,
                errors,
                () -> {}));
    runner.add(notified);
    runner.start();
  }

  /**
   * Lowers the priority of all capture work but writing. Retention can wait; if a writer lags, the
   * device ends up waiting for it.
   */
  private static void standBack(CaptureThreads.Work work) {
    if (work == CaptureThreads.Work.WRITE) {
      return;
    }
    try {
      ThreadPlacement.nice(LOWEST_NICE);
    } catch (IOException e) {
      log.debug("cannot change the priority of {}: {}", work, e.getMessage());
    }
  }

  /** Passes the settings of a reload to the parts that support it. Never fails half way. */
  private void apply(Settings next) {
    Consumer<Settings> parts = hot;
    if (parts == null) {
      throw new SettingsException("the daemon is still starting; try again");
    }
    parts.accept(next);
  }

  private ConfigReload.Listener reloadListener() {
    return new ConfigReload.Listener() {
      @Override
      public void reloading() {
        notifier.ifPresent(ServiceNotifier::reloading);
      }

      @Override
      public void reloaded(String outcome) {
        notifier.ifPresent(found -> found.reloaded(outcome));
      }
    };
  }

  private <T extends AutoCloseable> T keep(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public int httpPort() {
    return http.address().getPort();
  }

  @Override
  public Path attachSocket() {
    return configuration.settings().attach().socket();
  }

  @Override
  public Path controlSocket() {
    return configuration.settings().control().socket();
  }

  @Override
  public void reload() {
    reload
        .reload()
        .exceptionally(
            failure -> {
              log.debug("reload failed", failure); // ConfigReload logged it
              return null;
            });
  }

  /** Returns the threads of all agents, so that a test can block one of them. */
  List<AgentRunner> runners() {
    return Stream.concat(
            threads.runners().stream().map(ThreadPacking.Hosted::runner), Stream.of(janitorRunner))
        .toList();
  }

  /** Refuses new producers, drains and settles, then closes the rest. Idempotent. */
  @Override
  public synchronized void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    notifier.ifPresent(ServiceNotifier::stopping);
    if (status != null) {
      status.setNotReady("stopping");
    }
    // The sessions first, while their clients are still connected: a client that loses its daemon
    // may start to recycle buffers itself, and then two processes would write the same words.
    if (sessions != null) {
      closeOne(sessions);
    }
    parts.forEach(SluiceDaemon::closeOne);
    log.info("stopped");
  }

  /** Closes one part; logs a failure, so that the others are closed all the same. */
  private static void closeOne(AutoCloseable part) {
    try {
      part.close();
    } catch (Throwable e) {
      log.error("close failed: {}", part.getClass().getSimpleName(), e);
    }
  }
}
