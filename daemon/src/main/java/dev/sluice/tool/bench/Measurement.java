package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.measure.Figure;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What a workload found.
 *
 * @param runs the runs against the daemon that the figures come from; empty where there were none
 * @param details more of the run that is shown, for the JSON
 */
record Measurement(List<Figure> figures, List<RunReport> runs, Map<String, Object> details) {
  Measurement {
    figures = List.copyOf(figures);
    runs = List.copyOf(runs);
    details = Map.copyOf(details);
  }

  Measurement(List<Figure> figures, List<RunReport> runs) {
    this(figures, runs, Map.of());
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
