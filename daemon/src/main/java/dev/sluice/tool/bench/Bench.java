package dev.sluice.tool.bench;

import dev.sluice.config.Quantities;
import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.EmbeddedDaemon;
import dev.sluice.tool.ProducerOptions;
import dev.sluice.tool.ProducerProcess;
import dev.sluice.tool.ProducerRun;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * What workloads share: one embedded daemon, started when the first workload wants it, and the way
 * to run the producer against it. Used by one thread.
 */
final class Bench implements AutoCloseable {
  private static final int SESSIONS_APART = 1_000_000;

  private final DaemonHost host;
  private final Map<String, String> settings;
  private final StopSignal stopSignal;
  private final ProgressLine progress;
  private final int runs;
  private final boolean isQuick;

  private EmbeddedDaemon daemon;
  private String current = "";
  private int sessions;

  /**
   * @param settings configuration of the daemons, key to value
   * @param runs how many runs make a median
   * @param isQuick shorter waits; figures are rougher
   */
  Bench(
      DaemonHost host,
      Map<String, String> settings,
      StopSignal stopSignal,
      ProgressLine progress,
      int runs,
      boolean isQuick) {
    this.host = host;
    this.settings = settings;
    this.stopSignal = stopSignal;
    this.progress = progress;
    this.runs = runs;
    this.isQuick = isQuick;
  }

  /** The same with other settings, and so with a daemon of its own; the caller closes it. */
  Bench with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(more);
    all.putAll(settings);
    Bench other = new Bench(host, all, stopSignal, progress, runs, isQuick);
    other.current = current;
    // Session names are the process's, and the daemons are in it together.
    other.sessions = sessions + SESSIONS_APART;
    return other;
  }

  int runs() {
    return runs;
  }

  boolean isQuick() {
    return isQuick;
  }

  Map<String, String> settings() {
    return settings;
  }

  /** Names the workload in the progress line. */
  void begin(Workload workload) {
    current = workload.name();
    progress.update(current);
  }

  /** One run against the embedded daemon. */
  RunReport run(Load load) throws ToolException {
    if (daemon == null) {
      daemon = EmbeddedDaemon.start(host, settings);
    }
    return run(load, daemon.client(), daemon.attachSocket(), daemon::cpuSeconds);
  }

  /** One run against a daemon of the workload's own. */
  RunReport run(Load load, DaemonClient client, Path socket, DoubleSupplier cpuSeconds)
      throws ToolException {
    return run(load, client, socket, cpuSeconds, ProducerRun.NO_PROGRESS, session -> {});
  }

  /** One run during which the daemon is asked for the session again and again. */
  RunReport run(
      Load load,
      DaemonClient client,
      Path socket,
      DoubleSupplier cpuSeconds,
      long progressIntervalMs,
      Consumer<SessionReport> onProgress)
      throws ToolException {
    String name = nextSession(load);
    return new ProducerRun(client, cpuSeconds, stopSignal)
        .run(
            load.arguments(socket, name),
            name,
            ProducerOptions.deviceThreads(load.aicpuThreads(), load.level()),
            progressIntervalMs,
            onProgress,
            progress::println);
  }

  /**
   * One run against a host in plain C.
   *
   * @param baseline its mode and options
   */
  BaselineRun run(Load load, List<String> baseline) throws ToolException {
    String name = nextSession(load);
    try (ScratchFolder folder = ScratchFolder.inMemory()) {
      Path socket = folder.path().resolve("host.sock");
      try (BaselineProcess host = BaselineProcess.start(baseline, socket);
          ProducerProcess producer =
              ProducerProcess.start(load.arguments(socket, name), progress::println)) {
        stopSignal.onRequest(producer::stop);
        Map<String, Object> produced = producer.report();
        return new BaselineRun(
            host.report(),
            produced,
            ProducerOptions.deviceThreads(load.aicpuThreads(), load.level()));
      } finally {
        stopSignal.onRequest(() -> {});
      }
    }
  }

  /** The name of the next run's session, unless a stop signal has come. */
  private String nextSession(Load load) throws ToolException {
    if (stopSignal.isRequested()) {
      throw new ToolException("stopped before the workloads were done");
    }
    String name = "bench-" + ProcessHandle.current().pid() + "-" + sessions++;
    progress.update(
        current
            + ": run "
            + sessions
            + ", "
            + (load.bytesPerSecond() == 0
                ? "unthrottled"
                : Quantities.formatRate(load.bytesPerSecond())));
    return name;
  }

  /** Waits, unless a stop signal comes. */
  void pause(long millis) throws ToolException {
    if (stopSignal.await(millis)) {
      throw new ToolException("stopped before the workloads were done");
    }
  }

  /** Ends the embedded daemon; the next run starts another. */
  @Override
  public void close() {
    if (daemon != null) {
      daemon.close();
      daemon = null;
    }
  }
}
