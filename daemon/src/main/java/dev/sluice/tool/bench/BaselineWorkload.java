package dev.sluice.tool.bench;

import dev.sluice.tool.ToolException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The highest clean rate of a host in plain C, found by the search that finds the daemon's, with
 * the same producer.
 *
 * @param load its rate is replaced by the search
 */
record BaselineWorkload(String name, Baseline baseline, Load load) implements Workload {
  @Override
  public int version() {
    return 2;
  }

  @Override
  public String description() {
    return "highest clean rate of the " + baseline.description() + "; " + load.geometry();
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    // Even an idle daemon would take some of the machine from it.
    bench.close();
    List<BaselineRun> all = new ArrayList<>();
    try (ScratchFolder folder = ScratchFolder.inMemory()) {
      List<String> arguments = baseline.arguments(folder.path().resolve("records"));
      CleanRateSearch.Found found =
          new CleanRateSearch(
                  rate -> {
                    BaselineRun run = bench.run(load.withRate(rate), arguments);
                    all.add(run);
                    return run.outcome();
                  },
                  bench.runs())
              .search();
      // The run that is shown: the last one of those that the figure comes from.
      BaselineRun last = all.get(all.size() - 1);
      return new Measurement(
          List.of(
              Figure.told("clean rate", found.cleanBytesPerSecond(), Unit.BYTES_PER_SECOND)
                  .withResolution(found.resolution())),
          List.of(),
          Map.of("baseline", last.baseline(), "producer", last.producer()));
    }
  }
}
