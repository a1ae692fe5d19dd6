package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * What a daemon costs that has nothing to do: without a session, and with one whose device is
 * silent. The device then sends a burst, which must find the daemon awake in time.
 */
record IdleWorkload(String name, Load load) implements Workload {
  private static final double NO_SESSION_TARGET_CORES = 0.003;
  private static final double ATTACHED_TARGET_CORES = 0.01;
  private static final long BURST_MS = 1_000;

  /**
   * After a burst the daemon is still spinning down, before one the device's clock may be ahead.
   */
  private static final long MARGIN_MS = 2_000;

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "idle: no session, then a silent one, then a burst of "
        + Unit.BYTES_PER_SECOND.format(load.bytesPerSecond())
        + ", "
        + load.layout()
        + ", "
        + load.cores()
        + " cores";
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    long silenceMs = bench.isQuick() ? 10_000 : 60_000;
    Load bursts =
        load.withBursts(BURST_MS * 1_000_000, silenceMs * 1_000_000)
            .withDuration((2 * BURST_MS + silenceMs) * 1_000_000);
    try (DaemonProcess daemon = DaemonProcess.start(bench.settings())) {
      bench.pause(MARGIN_MS);
      double alone = coresOver(bench, daemon, silenceMs / 2);
      CompletableFuture<RunReport> run =
          CompletableFuture.supplyAsync(() -> run(bench, bursts, daemon));
      bench.pause(BURST_MS + MARGIN_MS);
      double attached = coresOver(bench, daemon, silenceMs - 2 * MARGIN_MS);
      RunReport report = joined(run);
      return new Measurement(
          List.of(
              Figure.atMost(NO_SESSION_TARGET_CORES, "no session", alone, Unit.CORES),
              Figure.atMost(ATTACHED_TARGET_CORES, "attached, silent", attached, Unit.CORES),
              Figure.atMost(
                  0, "lost in the bursts", UnthrottledWorkload.lost(report), Unit.RECORDS)),
          List.of(report));
    }
  }

  private static double coresOver(Bench bench, DaemonProcess daemon, long millis)
      throws ToolException {
    double before = daemon.figures().cpuSecondsOfLiveThreads();
    long startNs = System.nanoTime();
    bench.pause(millis);
    return (daemon.figures().cpuSecondsOfLiveThreads() - before)
        / ((System.nanoTime() - startNs) / 1e9);
  }

  private static RunReport run(Bench bench, Load load, DaemonProcess daemon) {
    try {
      return bench.run(
          load, daemon.client(), daemon.attachSocket(), () -> daemon.figures().cpuSeconds());
    } catch (ToolException e) {
      throw new CompletionException(e);
    }
  }

  private static RunReport joined(CompletableFuture<RunReport> run) throws ToolException {
    try {
      return run.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ToolException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
