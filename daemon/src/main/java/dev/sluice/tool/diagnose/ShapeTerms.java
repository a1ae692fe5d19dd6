package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;
import java.util.Map;

/** Measures the terms of the model for one device, and builds the model from them. One thread. */
final class ShapeTerms {
  private static final long PAUSE_THRESHOLD_NS = 20_000;

  /** Latency is asked for again where the edge that it makes is further than this from its rate. */
  private static final double SAME_RATE = 1.25;

  private static final int MOST_LATENCIES = 3;

  private final HostProbes probes;
  private final Runs runs;
  private final Diagnosis.Progress progress;
  private final DiagnoseResult result;
  private final ShapeResult shape;
  private final TermExperiments experiments;
  private final String in;

  private double giveBack;
  private double probedRate;

  ShapeTerms(
      HostProbes probes,
      Runs runs,
      Diagnosis.Progress progress,
      DiagnoseResult result,
      ShapeResult shape,
      TermExperiments experiments) {
    this.probes = probes;
    this.runs = runs;
    this.progress = progress;
    this.result = result;
    this.shape = shape;
    this.experiments = experiments;
    this.in = shape.title() + ": ";
  }

  /**
   * @param isMain all terms; else those that depend on the shape of the device
   */
  void measure(boolean isMain) throws ToolException {
    if (isMain) {
      pauses();
    }
    stage("what collectors and storage give back");
    TermExperiments.GiveBack measured = experiments.giveBack();
    shape.add(measured.bytesPerSecond());
    if (!measured.isStalled()) {
      shape.note(
          "the device never waited: the host gives back faster than this device writes, and the"
              + " give-back rate is a lower bound");
    }
    giveBack = measured.bytesPerSecond().median();
    stage("refill latency");
    TermExperiments.Latency latency = latencyNearItsEdge();
    shape.add(latency.worst());
    shape.add(latency.p50());
    shape.add(latency.p99());
    shape.add(latency.pause());
    if (isMain) {
      result.quiet().repeats(measured.bytesPerSecond());
      result.quiet().repeats(latency.worst());
    }
  }

  private void pauses() throws ToolException {
    stage("pauses");
    HostProbes.Pauses pauses =
        probes.pauses(runs.settings(Map.of()), result.effort().pausesNs(), PAUSE_THRESHOLD_NS);
    shape.pauses(pauses);
    result.quiet().pauses(pauses);
  }

  /**
   * Latency depends on the rate: refills that come faster wait for each other. So it is measured at
   * some rate, and again at the edge that it makes, until the two agree.
   */
  private TermExperiments.Latency latencyNearItsEdge() throws ToolException {
    double least = experiments.leastRate();
    probedRate = Math.max(giveBack / 3, least);
    for (int asked = 1; ; asked++) {
      TermExperiments.Latency latency = experiments.latency(probedRate);
      CeilingModel model = new CeilingModel(shape.shape(), latency.worst().median(), giveBack);
      shape.model(model, latency.typical());
      double edge = Math.max(Math.min(model.rate(shape.runSeconds()).value(), giveBack / 2), least);
      boolean agrees = edge > probedRate / SAME_RATE && edge < probedRate * SAME_RATE;
      if (agrees || asked == MOST_LATENCIES) {
        return latency;
      }
      probedRate = edge;
    }
  }

  /** After the search: whether the machine is still the one that the prediction is made of. */
  void checkDrift() throws ToolException {
    stage("refill latency once more");
    Term before = shape.term(TermExperiments.WORST_LATENCY);
    Term after = experiments.latency(probedRate).worst();
    shape.add(after.named(TermExperiments.WORST_LATENCY + "_after"));
    result.quiet().drift(shape.title(), before, after);
  }

  private void stage(String name) throws ToolException {
    runs.refuseIfStopped();
    progress.stage(in + name);
  }
}
