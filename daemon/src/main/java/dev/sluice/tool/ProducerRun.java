package dev.sluice.tool;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Runs the producer once against a daemon, from start to settled books.
 *
 * <p>Not thread-safe. A stop signal ends the producer in order; the report then covers the run so
 * far.
 */
public final class ProducerRun {
  /** Often enough for a progress line. */
  public static final long PROGRESS_INTERVAL_MS = 200;

  /** For measurements: a daemon that answers requests is not idle. */
  public static final long NO_PROGRESS = Long.MAX_VALUE;

  /** Poll interval until the session attaches: CPU time before that does not count. */
  private static final long ATTACH_POLL_MS = 5;

  private static final long SETTLE_TIMEOUT_NS = 10_000_000_000L;
  private static final long SETTLE_POLL_NS = 10_000_000L;

  private final DaemonClient client;
  private final DoubleSupplier daemonCpuSeconds;
  private final StopSignal stopSignal;

  /**
   * @param daemonCpuSeconds CPU time of the daemon's process so far; the report contains its growth
   *     from the attach to the settled books
   */
  public ProducerRun(DaemonClient client, DoubleSupplier daemonCpuSeconds, StopSignal stopSignal) {
    this.client = client;
    this.daemonCpuSeconds = daemonCpuSeconds;
    this.stopSignal = stopSignal;
  }

  /**
   * @param arguments of sluice-producer, without --json
   * @param sessionName the value of --name in the arguments; must be unique
   * @param deviceThreads threads of the device that can wait for the host
   * @param progressIntervalMs poll interval of the daemon while the producer runs
   * @param onProgress receives the result of each poll
   * @param onProducerLine called for each line of the producer's standard error, on another thread
   */
  public RunReport run(
      List<String> arguments,
      String sessionName,
      int deviceThreads,
      long progressIntervalMs,
      Consumer<SessionReport> onProgress,
      Consumer<String> onProducerLine)
      throws ToolException {
    double cpuBefore = daemonCpuSeconds.getAsDouble();
    try (ProducerProcess producer = ProducerProcess.start(arguments, onProducerLine)) {
      stopSignal.onRequest(producer::stop);
      boolean isAttached = false;
      while (!producer.awaitEnd(isAttached ? progressIntervalMs : ATTACH_POLL_MS)) {
        double cpuNow = isAttached ? 0 : daemonCpuSeconds.getAsDouble();
        Optional<SessionReport> session = client.session(sessionName);
        if (session.isPresent()) {
          isAttached = true;
          onProgress.accept(session.get());
        } else if (!isAttached) {
          cpuBefore = cpuNow;
        }
      }
      Map<String, Object> report = producer.report();
      SessionReport session = awaitSettled(sessionName);
      // Rounds off the noise digits of a difference of doubles.
      double cpu = Math.round(1e6 * (daemonCpuSeconds.getAsDouble() - cpuBefore)) / 1e6;
      return new RunReport(session, report, cpu, deviceThreads);
    } finally {
      stopSignal.onRequest(() -> {});
    }
  }

  private SessionReport awaitSettled(String name) throws ToolException {
    long deadlineNs = System.nanoTime() + SETTLE_TIMEOUT_NS;
    while (true) {
      Optional<SessionReport> session = client.session(name);
      if (session.isPresent() && session.get().isEnded()) {
        return session.get();
      }
      if (System.nanoTime() - deadlineNs > 0) {
        throw new ToolException(
            "the daemon did not settle the books of session "
                + name
                + " within 10 s; its state is "
                + session.map(SessionReport::state).orElse("unknown"));
      }
      LockSupport.parkNanos(SETTLE_POLL_NS);
    }
  }
}
