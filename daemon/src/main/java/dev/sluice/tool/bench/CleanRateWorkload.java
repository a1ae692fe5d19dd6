package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;

/**
 * The highest rate without any loss: no drop, nothing unaccounted, and the device waiting less than
 * 1 % of its time.
 *
 * @param load its rate is replaced by the search
 * @param targetBytesPerSecond floor
 */
record CleanRateWorkload(String name, Load load, double targetBytesPerSecond) implements Workload {
  static final double STALLED_RATIO_LIMIT = 0.01;

  @Override
  public int version() {
    return 2;
  }

  @Override
  public String description() {
    return "highest clean rate, " + load.geometry();
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> all = new ArrayList<>();
    CleanRateSearch.Found found =
        new CleanRateSearch(
                rate -> {
                  RunReport run = bench.run(load.withRate(rate));
                  all.add(run);
                  return outcome(run);
                },
                bench.runs())
            .search();
    // The runs that the figure comes from are the last ones of the search.
    int confirmed = Math.max(1, found.outcomes().size());
    List<RunReport> runs = all.subList(Math.max(0, all.size() - confirmed), all.size());
    return new Measurement(
        List.of(
            Figure.atLeast(
                    targetBytesPerSecond,
                    "clean rate",
                    found.cleanBytesPerSecond(),
                    Unit.BYTES_PER_SECOND)
                .withResolution(found.resolution())),
        runs);
  }

  static CleanRateSearch.Outcome outcome(RunReport run) throws ToolException {
    boolean isClean = run.isLossless() && run.stalledRatio() < STALLED_RATIO_LIMIT;
    return new CleanRateSearch.Outcome(
        isClean, run.offeredBytesPerSecond(), run.collectedBytesPerSecond());
  }
}
