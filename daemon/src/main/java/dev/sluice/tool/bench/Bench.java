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
 * The context of a workload: how to run, and how often. Not thread-safe.
 *
 * @param wanted configuration of the private daemon, key to value
 * @param medianOf number of runs behind a median
 * @param isQuick shorter waits; figures are rougher
 * @param workload name of the current workload
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

  /** Returns a bench with other settings, and so with another daemon. */
  Bench with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(wanted);
    all.putAll(more);
    return new Bench(runs, all, progress, medianOf, isQuick, workload);
  }

  /** Runs once against the private daemon. */
  RunReport run(Load load) throws ToolException {
    show(load);
    return runs.run(wanted, load);
  }

  /** Runs once against a daemon of the workload's own. */
  RunReport run(Load load, DaemonProcess daemon) throws ToolException {
    show(load);
    return runs.run(daemon.target(), load);
  }

  /** Runs once and polls the daemon for the session. */
  RunReport run(
      Load load, DaemonProcess daemon, long progressIntervalMs, Consumer<SessionReport> onProgress)
      throws ToolException {
    show(load);
    return runs.run(daemon.target(), load, progressIntervalMs, onProgress);
  }

  /** Starts a daemon in a separate process. */
  DaemonProcess start() throws ToolException {
    return DaemonProcess.start(runs.settings(wanted));
  }

  /** Shows which run is next. */
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
