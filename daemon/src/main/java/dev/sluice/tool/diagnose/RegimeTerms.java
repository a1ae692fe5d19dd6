package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;

/**
 * Measures the terms of the model in one regime, for one device, and builds the model from them.
 * One thread.
 */
final class RegimeTerms {
  private static final long PAUSE_THRESHOLD_NS = 20_000;

  /** Latency is asked for again where the edge that it makes is further than this from its rate. */
  private static final double SAME_RATE = 1.25;

  private static final int MOST_LATENCIES = 3;

  private final HostProbes probes;
  private final Runs runs;
  private final Diagnosis.Progress progress;
  private final DiagnoseResult result;
  private final RegimeResult regime;
  private final TermExperiments experiments;
  private final String in;

  private double giveBack;
  private double absorbed;
  private double probedRate;

  RegimeTerms(
      HostProbes probes,
      Runs runs,
      Diagnosis.Progress progress,
      DiagnoseResult result,
      RegimeResult regime,
      TermExperiments experiments) {
    this.probes = probes;
    this.runs = runs;
    this.progress = progress;
    this.result = result;
    this.regime = regime;
    this.experiments = experiments;
    this.in = regime.title() + ": ";
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
    regime.add(measured.bytesPerSecond());
    if (!measured.isStalled()) {
      regime.note(
          "the device never waited: the host gives back faster than this device writes, and the"
              + " give-back rate is a lower bound");
    }
    giveBack = measured.bytesPerSecond().median();
    absorbed = regime.shape().totalBytes();
    if (regime.regime().isCapturing()) {
      regime.add(measured.absorbed());
      absorbed = measured.absorbed().median();
    } else if (isMain && runs.isPrivate()) {
      stage("what a burst finds room in");
      Term absorption = experiments.absorption(Math.min(giveBack, 1e9));
      regime.add(absorption);
      absorbed = absorption.median();
    }
    stage("refill latency");
    TermExperiments.Latency latency = latencyNearItsEdge();
    regime.add(latency.worst());
    regime.add(latency.p50());
    regime.add(latency.p99());
    regime.add(latency.pause());
    if (regime.regime() == Regime.NATURAL && isMain) {
      result.quiet().repeats(measured.bytesPerSecond());
      result.quiet().repeats(latency.worst());
    }
  }

  private void pauses() throws ToolException {
    stage("pauses");
    HostProbes.Pauses pauses =
        probes.pauses(
            runs.settings(regime.regime().settings()),
            result.effort().pausesNs(),
            PAUSE_THRESHOLD_NS);
    regime.pauses(pauses);
    if (regime.regime() == Regime.NATURAL) {
      result.quiet().pauses(pauses);
    }
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
      CeilingModel model =
          new CeilingModel(
              regime.shape(),
              latency.worst().median(),
              giveBack,
              absorbed,
              regime.regime().isCapturing());
      regime.model(model, latency.typical());
      double edge =
          Math.max(Math.min(model.rate(regime.runSeconds()).value(), giveBack / 2), least);
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
    Term before = regime.term(TermExperiments.WORST_LATENCY);
    Term after = experiments.latency(probedRate).worst();
    regime.add(after.named(TermExperiments.WORST_LATENCY + "_after"));
    result.quiet().drift(regime.title(), before, after);
  }

  private void stage(String name) throws ToolException {
    runs.refuseIfStopped();
    progress.stage(in + name);
  }
}
