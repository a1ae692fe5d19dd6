package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.EdgeSearch;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Unit;
import java.util.function.DoubleFunction;

/**
 * Diagnoses one device: measures the terms, builds the model from them, and searches the predicted
 * edges with real runs. Single-threaded.
 */
final class ShapeDiagnosis {
  private static final long PAUSE_THRESHOLD_NS = 20_000;

  /** Repeat the latency runs if the implied edge differs by more than this factor. */
  private static final double SAME_RATE = 1.25;

  private static final int MOST_LATENCIES = 3;

  /** Longest time until an idle daemon notices the first buffer of a burst. */
  private static final double LONGEST_PARK_SECONDS = 0.008;

  private static final double LONGEST_BURST_SECONDS = 1;

  /** A device that reaches less than this share of the requested rate is at its own limit. */
  private static final double LEAST_REACHED = 0.85;

  private final Diagnosis diagnosis;
  private final DiagnoseResult all;
  private final ShapeResult result;
  private final TermExperiments experiments;

  private double giveBack;
  private double probedRate;

  ShapeDiagnosis(
      Diagnosis diagnosis, DiagnoseResult all, ShapeResult result, TermExperiments experiments) {
    this.diagnosis = diagnosis;
    this.all = all;
    this.result = result;
    this.experiments = experiments;
  }

  /**
   * @param isMain whether to measure all terms and both edges, or only those specific to the shape
   */
  void run(boolean isMain) throws ToolException {
    if (isMain) {
      stage("pauses");
      result.pauses = diagnosis.pauses(all.effort.pausesNs(), PAUSE_THRESHOLD_NS);
      all.quiet.pauses(result.pauses.lostRatio(), result.pauses.longestSeconds());
    }
    stage("give-back rate");
    TermExperiments.GiveBack measured = experiments.giveBack();
    result.terms.add(measured.bytesPerSecond());
    if (!measured.isStalled()) {
      result.note =
          "the device never waited: the host gives buffers back faster than this device writes, so"
              + " the give-back rate is a lower bound";
    }
    giveBack = measured.bytesPerSecond().value();
    stage("refill latency");
    TermExperiments.Latency latency = latencyNearItsEdge();
    result.terms.addAll(latency.terms());
    double offered = experiments.capacity();
    stage("search for the highest drop-free rate");
    rate(offered);
    if (isMain) {
      all.quiet.repeats(measured.bytesPerSecond());
      all.quiet.repeats(latency.worst());
      stage("search for the longest survivable burst");
      burst(offered);
      stage("refill latency again");
      Figure after = experiments.latency(probedRate).worst();
      result.terms.add(after.named(after.name() + "_after", after.method()));
      all.quiet.drift(result.title(), latency.worst(), after);
    }
  }

  /**
   * Measures latency near the edge that it implies. Latency depends on the rate, because refills in
   * quick succession queue up; so it is measured again at the implied edge until both agree.
   */
  private TermExperiments.Latency latencyNearItsEdge() throws ToolException {
    double least = experiments.leastRate();
    probedRate = Math.max(giveBack / 3, least);
    for (int asked = 1; ; asked++) {
      TermExperiments.Latency latency = experiments.latency(probedRate);
      result.model = new CeilingModel(result.shape, latency.worst().value(), giveBack);
      result.typical = latency.typical();
      double edge =
          Math.max(Math.min(result.model.rate(result.runSeconds).value(), giveBack / 2), least);
      boolean agrees = edge > probedRate / SAME_RATE && edge < probedRate * SAME_RATE;
      if (agrees || asked == MOST_LATENCIES) {
        return latency;
      }
      probedRate = edge;
    }
  }

  private void rate(double offered) throws ToolException {
    EdgeSearch search =
        search(
            Unit.BYTES_PER_SECOND::format,
            rate -> {
              ShapeResult.Point point = experiments.steady(rate);
              result.ratePoints.add(point);
              return point.outcome();
            });
    // Starts at a rate derived from the device, not from the prediction.
    EdgeSearch.Edge edge = search.search(offered / 4, offered);
    // The device does not always reach the requested rate.
    double reached =
        result.ratePoints.stream()
            .filter(point -> point.isClean() && point.value() == edge.value())
            .mapToDouble(ShapeResult.Point::bytesPerSecond)
            .max()
            .orElse(0);
    boolean isDevicesLimit = reached < LEAST_REACHED * edge.value();
    result.comparisons.add(
        new ShapeResult.Comparison(
            "rate",
            result.model.rate(result.runSeconds),
            new EdgeSearch.Edge(
                Math.min(reached, edge.value()),
                isDevicesLimit ? Double.POSITIVE_INFINITY : edge.dirty())));
  }

  private void burst(double offered) throws ToolException {
    // Slow enough to keep the control path out of play, even if the first burst finds the daemon
    // parked.
    double controlPath =
        result.shape.firstToStarve().slotBytes()
            / (result.model.latencySeconds() + LONGEST_PARK_SECONDS)
            / 2;
    double rate = Math.min(4 * giveBack, Math.min(controlPath, offered / 2));
    if (rate < 1.3 * giveBack) {
      // No burst far above the give-back rate is within reach of device and control path.
      return;
    }
    result.burstRate = rate;
    EdgeSearch search =
        search(
            Unit.SECONDS::format,
            seconds -> {
              ShapeResult.Point point = experiments.bursts(rate, seconds, giveBack);
              result.burstPoints.add(point);
              return point.outcome();
            });
    result.comparisons.add(
        new ShapeResult.Comparison(
            "burst", result.model.burst(rate), search.search(0.01, LONGEST_BURST_SECONDS)));
  }

  private EdgeSearch search(DoubleFunction<String> text, EdgeSearch.Trial trial) {
    return new EdgeSearch(
        all.effort.resolution(),
        all.effort.tries(),
        all.effort.mostDisturbed(),
        value -> {
          diagnosis.detail(text.apply(value));
          return trial.run(value);
        });
  }

  private void stage(String name) throws ToolException {
    diagnosis.stage(result.title() + ": " + name);
  }
}
