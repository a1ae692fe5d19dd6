package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Workloads with one load against a daemon in this process: rates, loss and latency. */
final class LoadWorkloads {
  /** A run is not clean if the device waits longer than this share of its time. */
  static final double STALLED_RATIO_LIMIT = 0.01;

  private static final double P50_TARGET_SECONDS = 2e-6;
  private static final double P99_TARGET_SECONDS = 40e-6;
  private static final int FIRST_JAVA_WITHOUT_PAUSES = 25;

  private LoadWorkloads() {}

  /**
   * Measures the highest rate without losses: no drop, nothing unaccounted, and a device that waits
   * less than 1 % of its time.
   *
   * @param load the search replaces its rate
   */
  static Workload cleanRate(String name, Load load, double targetBytesPerSecond) {
    return new Workload(
        name,
        3,
        "highest clean rate, " + load.geometry(),
        bench -> {
          List<RunReport> all = new ArrayList<>();
          CleanRateSearch.Found found =
              new CleanRateSearch(
                      rate -> {
                        RunReport run = bench.run(load.withRate(rate));
                        all.add(run);
                        return outcome(run);
                      },
                      bench.medianOf())
                  .search();
          // The last runs of the search are those behind the figure.
          int confirmed = Math.max(1, found.outcomes().size());
          return new Measurement(
              List.of(
                  Figure.atLeast(
                          targetBytesPerSecond,
                          "clean rate",
                          Unit.BYTES_PER_SECOND,
                          found.cleanBytesPerSecond())
                      .withResolution(found.resolution())),
              all.subList(Math.max(0, all.size() - confirmed), all.size()));
        });
  }

  static CleanRateSearch.Outcome outcome(RunReport run) throws ToolException {
    boolean isClean = run.isLossless() && run.stalledRatio() < STALLED_RATIO_LIMIT;
    return new CleanRateSearch.Outcome(
        isClean, run.offeredBytesPerSecond(), run.collectedBytesPerSecond());
  }

  /** Measures from "full buffer published" to "replacement visible", with a daemon that polls. */
  static Workload refillLatency(String name, Load load) {
    return new Workload(
        name,
        1,
        "refill latency, " + load.geometry(),
        bench -> {
          List<RunReport> runs = new ArrayList<>();
          double[] p50 = new double[bench.medianOf()];
          double[] p99 = new double[bench.medianOf()];
          double[] p999 = new double[bench.medianOf()];
          for (int run = 0; run < p50.length; run++) {
            RunReport report = bench.run(load);
            runs.add(report);
            p50[run] = report.session().refillLatency().p50();
            p99[run] = report.session().refillLatency().p99();
            p999[run] = report.session().refillLatency().p999();
          }
          return new Measurement(
              List.of(
                  Figure.atMost(P50_TARGET_SECONDS, "p50", Unit.SECONDS, p50),
                  Figure.atMost(P99_TARGET_SECONDS, "p99", Unit.SECONDS, p99),
                  Figure.told("p99.9", Unit.SECONDS, p999)),
              runs);
        });
  }

  /**
   * Measures both sides at full speed in a generation whose device blocks instead of dropping: the
   * rate and any lost records.
   *
   * @param targetBytesPerSecond NaN if only losses count
   */
  static Workload unthrottled(String name, Load load, double targetBytesPerSecond) {
    return new Workload(
        name,
        1,
        "unthrottled, " + load.geometry(),
        bench -> {
          List<RunReport> runs = new ArrayList<>();
          double[] rates = new double[bench.medianOf()];
          long lost = 0;
          for (int run = 0; run < rates.length; run++) {
            RunReport report = bench.run(load);
            runs.add(report);
            rates[run] = report.collectedBytesPerSecond();
            lost += lost(report);
          }
          return new Measurement(
              List.of(
                  Figure.atLeast(targetBytesPerSecond, "rate", Unit.BYTES_PER_SECOND, rates),
                  Figure.atMost(0, "lost in all runs", Unit.RECORDS, lost)),
              runs);
        });
  }

  /** Returns the records dropped, unaccounted, or counted differently by the two sides. */
  static long lost(RunReport run) throws ToolException {
    return run.session().total().droppedRecords()
        + Math.abs(run.session().total().unaccountedRecords())
        + Math.abs(run.producedRecords() - run.session().total().deviceRecords());
  }

  /**
   * Measures drops in the generation that drops at once while the JVM allocates: the cost of GC
   * pauses. Only the newer JVM has a target of zero; on 17 the drops are only reported, next to the
   * longest poll gap, which explains them.
   */
  static Workload garbage(String name, Load load, long garbageBytesPerSecond) {
    return new Workload(
        name,
        1,
        "drops with "
            + Unit.BYTES_PER_SECOND.format(garbageBytesPerSecond)
            + " of garbage in the JVM, "
            + load.layout()
            + " at "
            + Unit.BYTES_PER_SECOND.format(load.bytesPerSecond()),
        bench -> {
          List<RunReport> runs = new ArrayList<>();
          double[] lost = new double[bench.medianOf()];
          for (int run = 0; run < lost.length; run++) {
            try (Litterer ignored = new Litterer(garbageBytesPerSecond)) {
              RunReport report = bench.run(load);
              runs.add(report);
              lost[run] = lost(report);
            }
          }
          boolean isHeldToZero = Runtime.version().feature() >= FIRST_JAVA_WITHOUT_PAUSES;
          double target = isHeldToZero ? 0 : Double.NaN;
          return new Measurement(
              List.of(Figure.atMost(target, "dropped", Unit.RECORDS, lost)), runs);
        });
  }

  /** Thread that allocates garbage at a steady rate. */
  private static final class Litterer implements AutoCloseable {
    private static final int CHUNK_BYTES = 16 << 10;
    private static final long TICK_NS = 1_000_000L;

    private final Thread thread;
    private volatile boolean isStopped;
    private volatile byte[] escape = new byte[0];

    Litterer(long bytesPerSecond) {
      thread = new Thread(() -> litter(bytesPerSecond), "bench-garbage");
      thread.setDaemon(true);
      thread.start();
    }

    private void litter(long bytesPerSecond) {
      long startNs = System.nanoTime();
      long allocated = 0;
      while (!isStopped) {
        double dueBytes = (System.nanoTime() - startNs) / 1e9 * bytesPerSecond;
        while (allocated < dueBytes) {
          escape = new byte[CHUNK_BYTES];
          allocated += CHUNK_BYTES;
        }
        LockSupport.parkNanos(TICK_NS);
      }
    }

    @Override
    public void close() throws ToolException {
      isStopped = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ToolException("interrupted", e);
      }
      if (escape.length > CHUNK_BYTES) {
        throw new IllegalStateException("the JIT must not prove that the garbage is unused");
      }
    }
  }
}
