package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.measure.Figure;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The result of a workload.
 *
 * @param runs the runs against the daemon behind the figures; may be empty
 * @param details more data of the shown run, for the JSON
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

  /** Returns the longest time between two polls of the drain loop over all runs, in seconds. */
  double longestPollGapSeconds() {
    return runs.stream().mapToDouble(run -> run.session().drainPause().max()).max().orElse(0);
  }

  /** Returns the median run by collected bytes, whose counts are shown. */
  RunReport medianRun() {
    List<RunReport> sorted =
        runs.stream()
            .sorted(Comparator.comparingLong(run -> run.session().total().collectedBytes()))
            .toList();
    return sorted.get((sorted.size() - 1) / 2);
  }
}
