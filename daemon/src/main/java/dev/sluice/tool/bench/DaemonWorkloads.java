package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

/** Workloads that need a daemon in a separate process: start, attach, idle. */
final class DaemonWorkloads {
  private static final double READY_TARGET_SECONDS = 1.5;
  private static final double RESIDENT_TARGET_BYTES = 200e6;
  private static final long SETTLE_MS = 500;

  private static final double ATTACH_TARGET_SECONDS = 0.050;
  private static final long ATTACH_POLL_MS = 1;
  private static final int WARM_UP_REQUESTS = 50;

  private static final double NO_SESSION_TARGET_CORES = 0.003;
  private static final double ATTACHED_TARGET_CORES = 0.01;
  private static final long BURST_MS = 1_000;

  /** After a burst the daemon still spins down; before a burst the device's clock may be ahead. */
  private static final long MARGIN_MS = 2_000;

  private DaemonWorkloads() {}

  /**
   * Measures a fresh daemon in each run: time to readiness, resident memory without arenas, and
   * whether the first second after an attach performs like any other.
   */
  static Workload startup(String name, Load load) {
    return new Workload(
        name,
        1,
        "a daemon just started; first second after attach: "
            + load.layout()
            + " at "
            + Unit.BYTES_PER_SECOND.format(load.bytesPerSecond()),
        bench -> {
          List<RunReport> runs = new ArrayList<>();
          double[] ready = new double[bench.medianOf()];
          double[] resident = new double[bench.medianOf()];
          double[] shared = new double[bench.medianOf()];
          double[] lost = new double[bench.medianOf()];
          for (int run = 0; run < ready.length; run++) {
            try (DaemonProcess daemon = bench.start()) {
              ready[run] = daemon.readySeconds();
              bench.runs().pause(SETTLE_MS);
              resident[run] = daemon.figures().resident().privateBytes();
              shared[run] = daemon.figures().resident().sharedBytes();
              RunReport report = bench.run(load, daemon);
              runs.add(report);
              lost[run] = LoadWorkloads.lost(report);
            }
          }
          return new Measurement(
              List.of(
                  Figure.atMost(READY_TARGET_SECONDS, "ready", Unit.SECONDS, ready),
                  Figure.atMost(RESIDENT_TARGET_BYTES, "resident memory", Unit.BYTES, resident),
                  Figure.told("shared memory, heap of ZGC on 17", Unit.BYTES, shared),
                  Figure.atMost(0, "lost in the first second", Unit.RECORDS, lost)),
              runs);
        });
  }

  /**
   * Measures from the start of the producer's process to the first collected buffer that the daemon
   * reports, including connection, arena, mapping and launch.
   */
  static Workload attach(String name, Load load) {
    return new Workload(
        name,
        1,
        "attach to first collected buffer, " + load.layout(),
        bench -> {
          List<RunReport> runs = new ArrayList<>();
          double[] seconds = new double[bench.medianOf()];
          try (DaemonProcess daemon = bench.start()) {
            // The figure is the speed of the attach, not that of a JVM's first HTTP responses.
            for (int request = 0; request < WARM_UP_REQUESTS; request++) {
              daemon.target().client().sessions();
            }
            for (int run = 0; run < seconds.length; run++) {
              AtomicLong firstNs = new AtomicLong();
              long startNs = System.nanoTime();
              runs.add(
                  bench.run(
                      load,
                      daemon,
                      ATTACH_POLL_MS,
                      session -> {
                        if (session.total().collectedRecords() > 0) {
                          firstNs.compareAndSet(0, System.nanoTime());
                        }
                      }));
              if (firstNs.get() == 0) {
                throw new ToolException("nothing was collected while the producer was running");
              }
              seconds[run] = (firstNs.get() - startNs) / 1e9;
            }
          }
          return new Measurement(
              List.of(
                  Figure.atMost(ATTACH_TARGET_SECONDS, "to first buffer", Unit.SECONDS, seconds)),
              runs);
        });
  }

  /**
   * Measures the CPU use of an idle daemon, first without a session, then with a silent device. The
   * device then sends a burst, and the daemon must wake up in time.
   */
  static Workload idle(String name, Load load) {
    return new Workload(
        name,
        1,
        "idle: no session, then a silent one, then a burst of "
            + Unit.BYTES_PER_SECOND.format(load.bytesPerSecond())
            + ", "
            + load.layout()
            + ", "
            + load.cores()
            + " cores",
        bench -> {
          long silenceMs = bench.isQuick() ? 10_000 : 60_000;
          Load bursts =
              load.withBursts(BURST_MS * 1_000_000, silenceMs * 1_000_000)
                  .withDuration((2 * BURST_MS + silenceMs) * 1_000_000);
          try (DaemonProcess daemon = bench.start()) {
            bench.runs().pause(MARGIN_MS);
            double alone = coresOver(bench, daemon, silenceMs / 2);
            CompletableFuture<RunReport> run =
                CompletableFuture.supplyAsync(() -> run(bench, bursts, daemon));
            bench.runs().pause(BURST_MS + MARGIN_MS);
            double attached = coresOver(bench, daemon, silenceMs - 2 * MARGIN_MS);
            RunReport report = joined(run);
            long lost = LoadWorkloads.lost(report);
            return new Measurement(
                List.of(
                    Figure.atMost(NO_SESSION_TARGET_CORES, "no session", Unit.CORES, alone),
                    Figure.atMost(ATTACHED_TARGET_CORES, "attached, silent", Unit.CORES, attached),
                    Figure.atMost(0, "lost in the bursts", Unit.RECORDS, lost)),
                List.of(report));
          }
        });
  }

  private static double coresOver(Bench bench, DaemonProcess daemon, long millis)
      throws ToolException {
    double before = daemon.figures().cpuSecondsOfLiveThreads();
    long startNs = System.nanoTime();
    bench.runs().pause(millis);
    return (daemon.figures().cpuSecondsOfLiveThreads() - before)
        / ((System.nanoTime() - startNs) / 1e9);
  }

  private static RunReport run(Bench bench, Load load, DaemonProcess daemon) {
    try {
      return bench.run(load, daemon);
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
