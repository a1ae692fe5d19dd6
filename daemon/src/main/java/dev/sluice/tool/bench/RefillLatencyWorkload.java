package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;

/**
 * From "full buffer published" to "replacement visible", at a rate that keeps the daemon polling.
 */
record RefillLatencyWorkload(String name, Load load) implements Workload {
  private static final double P50_TARGET_SECONDS = 2e-6;
  private static final double P99_TARGET_SECONDS = 40e-6;

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "refill latency, "
        + load.layout()
        + ", "
        + load.cores()
        + " cores on "
        + load.aicpuThreads()
        + " AICPU threads"
        + (load.cpus().isEmpty() ? "" : ", producer pinned to CPU " + load.cpus());
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    double[] p50 = new double[bench.runs()];
    double[] p99 = new double[bench.runs()];
    double[] p999 = new double[bench.runs()];
    for (int run = 0; run < p50.length; run++) {
      RunReport report = bench.run(load);
      runs.add(report);
      p50[run] = report.session().refillLatency().p50();
      p99[run] = report.session().refillLatency().p99();
      p999[run] = report.session().refillLatency().p999();
    }
    return new Measurement(
        List.of(
            Figure.atMost(P50_TARGET_SECONDS, "p50", p50, Unit.SECONDS),
            Figure.atMost(P99_TARGET_SECONDS, "p99", p99, Unit.SECONDS),
            Figure.told("p99.9", p999, Unit.SECONDS)),
        runs);
  }
}
