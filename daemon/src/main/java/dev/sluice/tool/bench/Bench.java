package dev.sluice.tool.bench;

import dev.sluice.config.Quantities;
import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.Runs;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What workloads are given: the runs, and how many of them to make. Used by one thread.
 *
 * @param wanted configuration of the private daemon, key to value
 * @param medianOf how many runs make a median
 * @param isQuick shorter waits; figures are rougher
 * @param workload whose turn it is
 */
record Bench(
    Runs runs,
    Map<String, String> wanted,
    ProgressLine progress,
    int medianOf,
    boolean isQuick,
    String workload) {
  Bench {
    progress.update(workload);
  }

  /** The same with other settings, and so with another daemon. */
  Bench with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(wanted);
    all.putAll(more);
    return new Bench(runs, all, progress, medianOf, isQuick, workload);
  }

  /** One run against the private daemon. */
  RunReport run(Load load) throws ToolException {
    show(load);
    return runs.run(wanted, load);
  }

  /** One run against a daemon of the workload's own. */
  RunReport run(Load load, DaemonProcess daemon) throws ToolException {
    show(load);
    return runs.run(daemon.target(), load);
  }

  /** One run during which the daemon is asked for the session again and again. */
  RunReport run(
      Load load, DaemonProcess daemon, long progressIntervalMs, Consumer<SessionReport> onProgress)
      throws ToolException {
    show(load);
    return runs.run(daemon.target(), load, progressIntervalMs, onProgress);
  }

  /** A daemon in a process of its own. */
  DaemonProcess start() throws ToolException {
    return DaemonProcess.start(runs.settings(wanted));
  }

  /** Tells which run is next. */
  void show(Load load) {
    progress.update(
        workload
            + ": run "
            + (runs.count() + 1)
            + ", "
            + (load.bytesPerSecond() == 0
                ? "unthrottled"
                : Quantities.formatRate(load.bytesPerSecond())));
  }
}
