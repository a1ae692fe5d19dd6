package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import java.util.Comparator;
import java.util.List;

/**
 * What a workload found.
 *
 * @param runs the runs the figures come from; empty where none was made by the producer
 */
record Measurement(List<Figure> figures, List<RunReport> runs) {
  Measurement {
    figures = List.copyOf(figures);
    runs = List.copyOf(runs);
  }

  /** The longest time between two polls of the drain loop, in seconds, over all runs. */
  double longestPollGapSeconds() {
    return runs.stream().mapToDouble(run -> run.session().drainPause().max()).max().orElse(0);
  }

  /** The run in the middle by bytes collected: the one whose counts are shown. */
  RunReport medianRun() {
    List<RunReport> sorted =
        runs.stream()
            .sorted(Comparator.comparingLong(run -> run.session().total().collectedBytes()))
            .toList();
    return sorted.get((sorted.size() - 1) / 2);
  }
}
