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
 * Runs of the producer: against a private daemon in this process, which is started when the first
 * run needs it and again when other settings are needed, or against a daemon that runs already.
 * Used by one thread.
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
   * @param cpuSeconds processor time of its process so far
   */
  public record Target(DaemonClient client, Path socket, DoubleSupplier cpuSeconds) {}

  /**
   * @param userSettings configuration of every private daemon, stronger than what a run wants
   * @param name what the names of sessions begin with
   * @param producerLines called for each line on a producer's standard error, on another thread
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

  /** The configuration of a daemon in which a run wants these. */
  public Map<String, String> settings(Map<String, String> wanted) {
    Map<String, String> all = new LinkedHashMap<>(wanted);
    all.putAll(userSettings);
    return all;
  }

  /** How many runs there were. */
  public int count() {
    return sessions;
  }

  /** One run against the private daemon. */
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

  /** One run against a daemon that runs already. */
  public RunReport run(Target target, Load load) throws ToolException {
    return run(target, load, ProducerRun.NO_PROGRESS, session -> {});
  }

  /** One run during which the daemon is asked for the session again and again. */
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

  /** A name that no other session has, unless a stop signal has come. */
  public String nextSession() throws ToolException {
    refuseIfStopped();
    return name + "-" + ProcessHandle.current().pid() + "-" + sessions++;
  }

  public StopSignal stopSignal() {
    return stopSignal;
  }

  /** A run that a signal interrupted is not valid. */
  public void refuseIfStopped() throws ToolException {
    pause(0);
  }

  /** Waits, unless a stop signal comes. */
  public void pause(long millis) throws ToolException {
    if (stopSignal.await(millis)) {
      throw new ToolException("stopped before the end");
    }
  }

  /** Ends the private daemon; the next run starts another. */
  @Override
  public void close() {
    if (daemon != null) {
      daemon.close();
      daemon = null;
    }
  }
}
