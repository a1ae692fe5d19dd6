package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;

/** Searches the edges that the model predicts, with real runs. One thread. */
final class ShapeEdges {
  /** What an idle daemon may take to notice the first buffer of a burst. */
  private static final double LONGEST_PARK_SECONDS = 0.008;

  private static final double LONGEST_BURST_SECONDS = 1;

  /** A device that got to less than this of what it was asked for has met its own limit. */
  private static final double LEAST_REACHED = 0.85;

  private final Runs runs;
  private final Diagnosis.Progress progress;
  private final Effort effort;
  private final ShapeResult result;
  private final TermExperiments experiments;

  ShapeEdges(
      Runs runs,
      Diagnosis.Progress progress,
      Effort effort,
      ShapeResult result,
      TermExperiments experiments) {
    this.runs = runs;
    this.progress = progress;
    this.effort = effort;
    this.result = result;
    this.experiments = experiments;
  }

  /**
   * @param isMain a burst's length, too
   */
  void search(boolean isMain) throws ToolException {
    double offered = experiments.capacity();
    stage("search of the highest drop-free rate");
    rate(offered);
    if (isMain) {
      stage("search of the longest survivable burst");
      burst(offered);
    }
  }

  private void rate(double offered) throws ToolException {
    Prediction predicted = result.model().rate(result.runSeconds());
    EdgeSearch search =
        edgeSearch(
            rate -> {
              progress.detail(Unit.BYTES_PER_SECOND.format(rate));
              return experiments.steady(rate);
            });
    // Begins at a rate that follows from the device and not from the prediction.
    EdgeSearch.Edge edge = search.search(offered / 4, offered);
    // What was asked for is not always what the device got to.
    double reached =
        search.points().stream()
            .filter(point -> point.isClean() && point.value() == edge.value())
            .mapToDouble(EdgeSearch.Point::bytesPerSecond)
            .max()
            .orElse(0);
    boolean isDevicesLimit = reached < LEAST_REACHED * edge.value();
    result.rate(
        predicted,
        new EdgeSearch.Edge(
            Math.min(reached, edge.value()),
            isDevicesLimit ? Double.POSITIVE_INFINITY : edge.dirty()),
        search.points());
  }

  private void burst(double offered) throws ToolException {
    CeilingModel model = result.model();
    double giveBack = model.giveBackBytesPerSecond();
    // Slow enough that the control path is not in the way, even where the first burst finds the
    // daemon asleep.
    double controlPath =
        result.shape().firstToStarve().slotBytes()
            / (model.latencySeconds() + LONGEST_PARK_SECONDS)
            / 2;
    double rate = Math.min(4 * giveBack, Math.min(controlPath, offered / 2));
    Prediction predicted = model.burst(rate);
    if (rate < 1.3 * giveBack) {
      // No burst that this device can write, and the control path survives, is faster than that.
      return;
    }
    EdgeSearch search =
        edgeSearch(
            seconds -> {
              progress.detail(Unit.SECONDS.format(seconds));
              return experiments.bursts(rate, seconds, giveBack);
            });
    EdgeSearch.Edge edge = search.search(0.01, LONGEST_BURST_SECONDS);
    result.burst(rate, predicted, edge, search.points());
  }

  private EdgeSearch edgeSearch(EdgeSearch.Trial trial) {
    return new EdgeSearch(effort.resolution(), effort.tries(), effort.mostDisturbed(), trial);
  }

  private void stage(String name) throws ToolException {
    runs.refuseIfStopped();
    progress.stage(result.title() + ": " + name);
  }
}
