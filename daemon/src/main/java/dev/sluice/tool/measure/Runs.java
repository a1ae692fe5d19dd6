package dev.sluice.tool.measure;

import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.EmbeddedDaemon;
import dev.sluice.tool.ProducerRun;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Runs the producer against a private daemon in this process, or against a running daemon. The
 * private daemon starts with the first run and restarts if a run needs other settings. Not
 * thread-safe.
 */
public final class Runs implements AutoCloseable {
  private final DaemonHost host;
  private final Map<String, String> userSettings;
  private final StopSignal stopSignal;
  private final String name;
  private final Consumer<String> producerLines;

  private EmbeddedDaemon daemon;
  private Map<String, String> daemonSettings = Map.of();
  private int sessions;

  /**
   * A daemon to run against.
   *
   * @param cpuSeconds CPU time of its process so far
   */
  public record Target(DaemonClient client, Path socket, DoubleSupplier cpuSeconds) {}

  /**
   * @param userSettings configuration of every private daemon; overrides the settings of a run
   * @param name prefix of session names
   * @param producerLines called for each line of a producer's standard error, on another thread
   */
  public Runs(
      DaemonHost host,
      Map<String, String> userSettings,
      StopSignal stopSignal,
      String name,
      Consumer<String> producerLines) {
    this.host = host;
    this.userSettings = userSettings;
    this.stopSignal = stopSignal;
    this.name = name;
    this.producerLines = producerLines;
  }

  /** Returns the configuration of a daemon for a run with these settings. */
  public Map<String, String> settings(Map<String, String> wanted) {
    Map<String, String> all = new LinkedHashMap<>(wanted);
    all.putAll(userSettings);
    return all;
  }

  /** Returns the number of runs so far. */
  public int count() {
    return sessions;
  }

  /** Runs once against the private daemon. */
  public RunReport run(Map<String, String> wanted, Load load) throws ToolException {
    refuseIfStopped();
    Map<String, String> settings = settings(wanted);
    if (daemon != null && !daemonSettings.equals(settings)) {
      close();
    }
    if (daemon == null) {
      daemon = EmbeddedDaemon.start(host, settings);
      daemonSettings = settings;
    }
    return run(new Target(daemon.client(), daemon.attachSocket(), daemon::cpuSeconds), load);
  }

  /** Runs once against a running daemon. */
  public RunReport run(Target target, Load load) throws ToolException {
    return run(target, load, ProducerRun.NO_PROGRESS, session -> {});
  }

  /** Runs once and polls the daemon for the session. */
  public RunReport run(
      Target target, Load load, long progressIntervalMs, Consumer<SessionReport> onProgress)
      throws ToolException {
    String session = nextSession();
    return new ProducerRun(target.client(), target.cpuSeconds(), stopSignal)
        .run(
            load.arguments(target.socket().toString(), session),
            session,
            load.deviceThreads(),
            progressIntervalMs,
            onProgress,
            producerLines);
  }

  /** Returns a session name that is not in use; fails after a stop signal. */
  public String nextSession() throws ToolException {
    refuseIfStopped();
    return name + "-" + ProcessHandle.current().pid() + "-" + sessions++;
  }

  public StopSignal stopSignal() {
    return stopSignal;
  }

  /** Fails after a stop signal: an interrupted run is invalid. */
  public void refuseIfStopped() throws ToolException {
    pause(0);
  }

  /** Waits; fails on a stop signal. */
  public void pause(long millis) throws ToolException {
    if (stopSignal.await(millis)) {
      throw new ToolException("stopped before the end");
    }
  }

  /** Stops the private daemon; the next run starts another. */
  @Override
  public void close() {
    if (daemon != null) {
      daemon.close();
      daemon = null;
    }
  }
}
