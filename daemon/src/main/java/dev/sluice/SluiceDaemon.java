package dev.sluice;

import dev.sluice.agent.AgentErrorHandler;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.NanoClock;
import dev.sluice.bridge.ThreadPlacement;
import dev.sluice.config.Settings;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.CaptureThreads;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.attach.AttachServer;
import dev.sluice.service.http.ControlServer;
import dev.sluice.service.http.HttpServer;
import dev.sluice.service.metrics.MetricsRegistry;
import dev.sluice.service.transport.EventLoops;
import dev.sluice.tool.DaemonHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon, put together. The order of the start, with a reason per line, is in {@link #open};
 * the stop is its reverse. Nothing else in the program knows what a daemon is made of.
 */
final class SluiceDaemon implements DaemonHost.Running {
  private static final Logger log = LoggerFactory.getLogger(SluiceDaemon.class);
  private static final int IO_THREADS = 2;
  private static final int CAPTURE_NICE = 5;
  private static final int LOWEST_NICE = 19;

  private final Settings settings;
  // In the order of their making; closed in reverse.
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private DaemonStatus status;
  private SessionManager sessions;
  private HttpServer http;
  private boolean isClosed;

  private SluiceDaemon(Settings settings) {
    this.settings = settings;
  }

  /**
   * Returns when the daemon is ready: sockets open, hot path warm. Leaves nothing behind if it
   * throws, which it does with one line when a socket cannot be had.
   */
  static SluiceDaemon start(Settings settings, BuildInfo build) {
    SluiceDaemon daemon = new SluiceDaemon(settings);
    try {
      daemon.open(build);
      return daemon;
    } catch (RuntimeException e) {
      daemon.close();
      throw e;
    }
  }

  private void open(BuildInfo build) {
    long beganNs = System.nanoTime();
    NanoClock clock = NanoClock.SYSTEM;
    AgentErrorHandler errors =
        (agent, error, isStopped) ->
            log.error(
                "agent {} failed{}", agent.roleName(), isStopped ? " and is given up" : "", error);
    // Beside everything else: it takes longest, and only the attach socket has to wait for it.
    CompletableFuture<Long> warmUp =
        CompletableFuture.supplyAsync(
            new Warmup(settings)::run,
            task -> {
              Thread thread = new Thread(task, "sluice-warm-up");
              thread.setDaemon(true);
              thread.start();
            });

    // What lanes run on, before anything could ask for a lane.
    ThreadPacking threads =
        keep(new ThreadPacking(settings, clock, errors, Runtime.getRuntime()::availableProcessors));
    // Before the sessions that write into it, and closed after they have ended.
    CaptureStore captures =
        keep(
            CaptureStore.open(
                settings.capture(),
                settings.faults(),
                keep(new StageRegions()),
                SluiceDaemon::standBack));
    sessions = new SessionManager(settings, threads, captures, build.version(), clock);
    Janitor janitor = new Janitor(sessions, threads, settings.watermark().windowNanos(), clock);
    AgentRunner janitorRunner =
        keep(
            new AgentRunner(
                "sluice-janitor",
                workCount -> LockSupport.parkNanos(settings.janitor().intervalNanos()),
                clock,
                errors,
                () -> {}));
    janitorRunner.add(janitor);
    janitorRunner.start();
    AttachFailures failures = new AttachFailures();
    status =
        new DaemonStatus(
            build,
            sessions,
            threads,
            janitor,
            janitorRunner,
            captures,
            failures,
            settings.devices().ids(),
            clock);
    EventLoops loops = keep(new EventLoops(IO_THREADS));
    HttpTraffic traffic = new HttpTraffic();
    MetricsRegistry metrics = keep(new MetricsRegistry(status, settings.metrics(), traffic));
    // Early, so that probes and people can see that it is coming up.
    http = keep(HttpServer.start(settings.http(), status, metrics.registry(), traffic, loops));
    keep(ControlServer.start(settings.control(), status, sessions, loops));
    long buffers = warmUp.join();
    // Last: whoever can connect can also be served.
    keep(AttachServer.start(settings.attach(), sessions, failures, loops));
    status.setNotReady("");
    log.info(
        "ready after {} ms: version {} on Java {}, attach {}, http {}, warmed up with {} buffers",
        (System.nanoTime() - beganNs) / 1_000_000,
        build.version(),
        build.javaVersion(),
        settings.attach().socket(),
        http.address(),
        buffers);
  }

  /** Where CPUs are few, the threads that copy to disk yield to those that a device waits for. */
  private static void standBack(CaptureThreads.Work work) {
    try {
      ThreadPlacement.nice(
          switch (work) {
            case WRITE -> CAPTURE_NICE;
            case KEEP, COMPRESS -> LOWEST_NICE;
          });
    } catch (IOException e) {
      log.debug("{} runs at the usual priority: {}", work, e.getMessage());
    }
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
    return settings.attach().socket();
  }

  @Override
  public Path controlSocket() {
    return settings.control().socket();
  }

  /** Refuses new producers, drains and settles, then closes the rest. Idempotent. */
  @Override
  public synchronized void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    if (status != null) {
      status.setNotReady("stopping");
    }
    // The sessions first, while their clients are still connected: a client that loses its daemon
    // may
    // start to recycle buffers itself, and then two would write the same words.
    if (sessions != null) {
      sessions.close();
    }
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        log.error("closing {} failed", part.getClass().getSimpleName(), e);
      }
    }
    log.info("stopped");
  }
}
