package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;

/**
 * As fast as both sides can, where the device blocks instead of dropping: the rate, and whether a
 * single record was lost.
 *
 * @param targetBytesPerSecond floor; NaN when only the loss counts
 */
record UnthrottledWorkload(String name, Load load, double targetBytesPerSecond)
    implements Workload {
  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "unthrottled, "
        + load.layout()
        + ", "
        + load.cores()
        + " cores on "
        + load.aicpuThreads()
        + " AICPU threads, level "
        + load.level();
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    double[] rates = new double[bench.runs()];
    long lost = 0;
    for (int run = 0; run < rates.length; run++) {
      RunReport report = bench.run(load);
      runs.add(report);
      rates[run] = report.collectedBytesPerSecond();
      lost += lost(report);
    }
    return new Measurement(
        List.of(
            Figure.atLeast(targetBytesPerSecond, "rate", rates, Unit.BYTES_PER_SECOND),
            Figure.atMost(0, "lost in all runs", lost, Unit.RECORDS)),
        runs);
  }

  /** Dropped, unaccounted, or counted differently by the two sides. */
  static long lost(RunReport run) throws ToolException {
    return run.session().total().droppedRecords()
        + Math.abs(run.session().total().unaccountedRecords())
        + Math.abs(run.producedRecords() - run.session().total().deviceRecords());
  }
}
