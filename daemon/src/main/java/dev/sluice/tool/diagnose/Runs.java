package dev.sluice.tool.diagnose;

import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.DaemonHost;
import dev.sluice.tool.EmbeddedDaemon;
import dev.sluice.tool.ProducerOptions;
import dev.sluice.tool.ProducerRun;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.bench.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;

/**
 * Runs of the producer: against a private daemon, which is started anew when other settings are
 * wanted, or against one that runs already. Used by one thread.
 */
final class Runs implements AutoCloseable {
  /**
   * What a device that was kept from its processor makes up for. A real one has a processor of its
   * own; one that wrote everything later, and faster, would be another device than the one asked
   * for.
   */
  private static final long CATCH_UP_NS = 50_000;

  private static final String STOPPED = "stopped before the diagnosis was done";

  /**
   * A daemon that runs already.
   *
   * @param device to attach as
   */
  record Target(DaemonClient client, Path socket, int device) {}

  private final DaemonHost host;
  private final Map<String, String> userSettings;
  private final Optional<Target> target;
  private final StopSignal stopSignal;
  private final Processors processors = Processors.ofThisProcess();

  private EmbeddedDaemon daemon;
  private Map<String, String> daemonSettings = Map.of();
  private int sessions;

  /**
   * @param userSettings configuration of every private daemon, stronger than what an experiment
   *     sets
   * @param target the daemon to use instead of private ones
   */
  Runs(
      DaemonHost host,
      Map<String, String> userSettings,
      Optional<Target> target,
      StopSignal stopSignal) {
    this.host = host;
    this.userSettings = userSettings;
    this.target = target;
    this.stopSignal = stopSignal;
  }

  /** Whether daemons are private, and so can be slowed down and started anew. */
  boolean isPrivate() {
    return target.isEmpty();
  }

  /** The configuration of a daemon in which an experiment wants these. */
  Map<String, String> settings(Map<String, String> wanted) {
    Map<String, String> all = new LinkedHashMap<>();
    if (processors.canBeShared()) {
      all.put("sluice.drain.cpus", processors.lanes());
      all.put("sluice.refill.cpus", processors.lanes());
      all.put("sluice.collector.cpus", processors.lanes());
    }
    all.putAll(wanted);
    all.putAll(userSettings);
    return all;
  }

  /** One run, and its capture removed if it left one in a private daemon. */
  RunReport run(Map<String, String> wanted, Load load, ShapeRequest shape) throws ToolException {
    refuseIfStopped();
    RunReport report;
    if (target.isPresent()) {
      Target running = target.get();
      report = run(load, shape, running.client(), running.socket(), running.device(), () -> 0);
    } else {
      start(settings(wanted));
      report = run(load, shape, daemon.client(), daemon.attachSocket(), 0, daemon::cpuSeconds);
      Optional<SessionReport.Capture> capture = report.session().capture();
      if (capture.isPresent()) {
        remove(Path.of(capture.get().directory()));
      }
    }
    refuseIfStopped();
    return report;
  }

  private RunReport run(
      Load load,
      ShapeRequest shape,
      DaemonClient client,
      Path socket,
      int device,
      DoubleSupplier cpuSeconds)
      throws ToolException {
    String name = "diagnose-" + ProcessHandle.current().pid() + "-" + sessions++;
    // In every generation: what the host gives back to a device that waits is held against what
    // another one drops.
    Load placed = load.withCpus(processors.canBeShared() ? processors.device() : "");
    List<String> arguments = new ArrayList<>(placed.arguments(socket, name));
    arguments.addAll(shape.arguments());
    arguments.addAll(
        List.of("--device", Integer.toString(device), "--catch-up-ns", Long.toString(CATCH_UP_NS)));
    return new ProducerRun(client, cpuSeconds, stopSignal)
        .run(
            arguments,
            name,
            ProducerOptions.deviceThreads(shape.aicpuThreads(), ShapeRequest.LEVEL),
            ProducerRun.NO_PROGRESS,
            session -> {},
            line -> {});
  }

  private void start(Map<String, String> settings) throws ToolException {
    if (daemon != null && !daemonSettings.equals(settings)) {
      close();
    }
    if (daemon == null) {
      daemon = EmbeddedDaemon.start(host, settings);
      daemonSettings = settings;
    }
  }

  /** A run that a signal cut short has not shown what it was made for. */
  void refuseIfStopped() throws ToolException {
    if (stopSignal.isRequested()) {
      throw new ToolException(STOPPED);
    }
  }

  /** Removes a folder and what is in it; what cannot be removed stays. */
  static void remove(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      walk.sorted((a, b) -> b.compareTo(a)).forEach(path -> path.toFile().delete());
    } catch (IOException ignored) {
      // It was temporary: whoever cleans /tmp will find it.
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
