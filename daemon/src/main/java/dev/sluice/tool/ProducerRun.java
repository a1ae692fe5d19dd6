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
 * <p>Used by one thread. A stop signal ends the producer in order, and what it did until then is
 * reported.
 */
public final class ProducerRun {
  /** Often enough for a line that people watch. */
  public static final long PROGRESS_INTERVAL_MS = 200;

  /** For measurements: a daemon that answers requests is not idle. */
  public static final long NO_PROGRESS = Long.MAX_VALUE;

  /** Until the session is there: what the process used before is not the session's. */
  private static final long ATTACH_POLL_MS = 5;

  private static final long SETTLE_TIMEOUT_NS = 10_000_000_000L;
  private static final long SETTLE_POLL_NS = 10_000_000L;

  private final DaemonClient client;
  private final DoubleSupplier daemonCpuSeconds;
  private final StopSignal stopSignal;

  /**
   * @param daemonCpuSeconds processor time of the daemon's process so far; its growth from the
   *     attach to the settled books is reported
   */
  public ProducerRun(DaemonClient client, DoubleSupplier daemonCpuSeconds, StopSignal stopSignal) {
    this.client = client;
    this.daemonCpuSeconds = daemonCpuSeconds;
    this.stopSignal = stopSignal;
  }

  /**
   * @param arguments of sluice-producer, without --json
   * @param sessionName the value of --name among them; no other session may have it
   * @param deviceThreads threads of the device that can wait for the host
   * @param progressIntervalMs how often the daemon is asked while the producer runs
   * @param onProgress is given each answer
   * @param onProducerLine called for each line on the producer's standard error, on another thread
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
      // Without the digits that a difference of doubles adds.
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
