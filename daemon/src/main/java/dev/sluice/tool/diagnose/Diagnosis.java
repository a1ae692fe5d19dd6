package dev.sluice.tool.diagnose;

import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The order of a diagnosis: the machine, the terms, the prediction, the search. What is known so
 * far is in the {@link DiagnoseResult} at any moment, so that an interrupted diagnosis has
 * something to show. One thread.
 */
final class Diagnosis {
  private static final long QUIET_LOOK_MS = 500;
  private static final long PAUSE_THRESHOLD_NS = 20_000;

  /** What an idle daemon may take to notice the first buffer of a burst. */
  private static final double LONGEST_PARK_SECONDS = 0.008;

  private static final double LONGEST_BURST_SECONDS = 1;

  /** A device that got to less than this of what it was asked for has met its own limit. */
  private static final double LEAST_REACHED = 0.85;

  private static final List<Integer> SLOTS = List.of(2, 4, 8, 16);

  private final Runs runs;
  private final HostProbes probes;
  private final StopSignal stopSignal;
  private final Progress progress;
  private final Path captureDirectory;

  /** Told what is under way. */
  interface Progress {
    /** The next stage begins. */
    void stage(String name);

    /** Something moved within the stage. */
    void detail(String text);
  }

  /**
   * @param captureDirectory an empty folder for the experiments that write to disk
   */
  Diagnosis(
      Runs runs,
      HostProbes probes,
      StopSignal stopSignal,
      Progress progress,
      Path captureDirectory) {
    this.runs = runs;
    this.probes = probes;
    this.stopSignal = stopSignal;
    this.progress = progress;
    this.captureDirectory = captureDirectory;
  }

  /** How many stages {@link #run} will have. */
  static int stages(List<Regime> regimes, List<ShapeRequest> others, boolean isPrivate) {
    int perRegime = isPrivate ? 6 : 5;
    return 3 + perRegime * regimes.size() + 3 * others.size() + (isPrivate ? 1 : 0);
  }

  /**
   * Runs all of it.
   *
   * @param others devices of other shapes, whose edge is predicted and searched in the first regime
   * @throws ToolException also when a signal came; {@code result} then has what was done
   */
  void run(
      DiagnoseResult result, ShapeRequest request, List<Regime> regimes, List<ShapeRequest> others)
      throws ToolException {
    // What cannot have an arena is refused before the first second is spent.
    for (Regime regime : regimes) {
      probes.plan(regime.shape(request), runs.settings(regime.settings()));
    }
    host(result, request);
    for (Regime regime : regimes) {
      RegimeResult regimeResult = begin(result, regime, regime.shape(request));
      terms(result, regimeResult, true);
      edges(result, regimeResult, true);
    }
    if (runs.isPrivate()) {
      storage(result, request);
    }
    for (ShapeRequest other : others) {
      RegimeResult otherResult = begin(result, Regime.NATURAL, other);
      terms(result, otherResult, false);
      edges(result, otherResult, false);
    }
    layouts(result, request);
    result.quiet().after();
    result.complete();
  }

  private void stage(String name) throws ToolException {
    runs.refuseIfStopped();
    progress.stage(name);
  }

  // ---- terms --------------------------------------------------------------------------------

  private void host(DiagnoseResult result, ShapeRequest request) throws ToolException {
    Effort effort = result.effort();
    stage("is the machine quiet");
    result.quiet().before(() -> stopSignal.await(QUIET_LOOK_MS));
    stage("bandwidth of the mapping");
    result
        .hostTerms()
        .addAll(new MappingBandwidth(effort.mappingNs(), effort.mappingRepeats()).measure());
    stage("control path with payload untouched");
    double[] buffers = new double[effort.latencyRepeats()];
    for (int repeat = 0; repeat < buffers.length; repeat++) {
      buffers[repeat] = probes.controlPath(request, effort.mappingNs() * 5);
    }
    result
        .hostTerms()
        .add(
            Term.of(
                "control_path",
                Unit.BUFFERS_PER_SECOND,
                "one thread steps drain, refill and collector over empty buffers of a played"
                    + " device, whose own time is not counted",
                buffers));
  }

  private RegimeResult begin(DiagnoseResult result, Regime regime, ShapeRequest request)
      throws ToolException {
    Shape shape = probes.plan(request, runs.settings(regime.settings()));
    RegimeResult begun = new RegimeResult(regime, request, shape, result.effort().runNs() / 1e9);
    result.regimes().add(begun);
    return begun;
  }

  private Map<String, String> settings(Regime regime) {
    Map<String, String> settings = new LinkedHashMap<>(regime.settings());
    if (regime.isCapturing()) {
      settings.putAll(capturing());
    }
    return settings;
  }

  private Map<String, String> capturing() {
    return Map.of(
        "sluice.capture.enabled", "true",
        "sluice.capture.directory", captureDirectory.toString(),
        // What the disk takes is asked, not what a compressor beside it leaves of the processors.
        "sluice.capture.compress", "false",
        "sluice.capture.retention-bytes", "2GiB");
  }

  private TermExperiments experiments(DiagnoseResult result, RegimeResult regime) {
    return new TermExperiments(
        runs, result.effort(), settings(regime.regime()), regime.request(), regime.shape());
  }

  /**
   * @param isMain all terms; else those that depend on the shape of the device
   */
  private void terms(DiagnoseResult result, RegimeResult regime, boolean isMain)
      throws ToolException {
    String in = regime.regime().label() + ", " + regime.request().cores() + " cores: ";
    TermExperiments experiments = experiments(result, regime);
    if (isMain) {
      stage(in + "pauses");
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
    stage(in + "what collectors and storage give back");
    TermExperiments.GiveBack giveBack = experiments.giveBack();
    regime.add(giveBack.bytesPerSecond());
    if (!giveBack.isStalled()) {
      regime.note(
          "the device never waited: the host gives back faster than this device writes, and the"
              + " give-back rate is a lower bound");
    }
    double rate = giveBack.bytesPerSecond().median();
    double absorbed = regime.shape().totalBytes();
    if (regime.regime().isCapturing()) {
      regime.add(giveBack.absorbed());
      absorbed = giveBack.absorbed().median();
    } else if (isMain && runs.isPrivate()) {
      stage(in + "what a burst finds room in");
      Term absorption = experiments.absorption(Math.min(rate, 1e9));
      regime.add(absorption);
      absorbed = absorption.median();
    }
    stage(in + "refill latency");
    TermExperiments.Latency latency = experiments.latency(rate / 3);
    CeilingModel model = model(regime, latency, rate, absorbed);
    double probed = Math.max(rate / 3, experiments.leastRate());
    double edge =
        Math.max(
            Math.min(model.rate(regime.runSeconds()).value(), rate / 2), experiments.leastRate());
    if (edge < probed / 1.5 || edge > probed * 1.5) {
      // Latency depends on the rate, so it is asked again near the edge that it makes.
      latency = experiments.latency(edge);
      model = model(regime, latency, rate, absorbed);
    }
    regime.add(latency.worst());
    regime.add(latency.p50());
    regime.add(latency.p99());
    regime.add(latency.pause());
    regime.model(model, latency.typical());
    if (regime.regime() == Regime.NATURAL && isMain) {
      result.quiet().repeats(giveBack.bytesPerSecond());
      result.quiet().repeats(latency.worst());
    }
  }

  private static CeilingModel model(
      RegimeResult regime, TermExperiments.Latency latency, double giveBack, double absorbed) {
    return new CeilingModel(
        regime.shape(),
        latency.worst().median(),
        giveBack,
        absorbed,
        regime.regime().isCapturing());
  }

  /** The disk, whatever the other regimes were: captures on, as the service has them. */
  private void storage(DiagnoseResult result, ShapeRequest request) throws ToolException {
    stage("what the storage takes");
    Shape shape = probes.plan(request, runs.settings(Map.of()));
    Term giveBack =
        new TermExperiments(runs, result.effort(), capturing(), request, shape)
            .giveBack()
            .bytesPerSecond();
    result.storage(
        new Term(
            "storage",
            Unit.BYTES_PER_SECOND,
            "captures in " + captureDirectory.getParent() + "; " + giveBack.method(),
            giveBack.values()));
  }

  // ---- edges --------------------------------------------------------------------------------

  private void edges(DiagnoseResult result, RegimeResult regime, boolean isMain)
      throws ToolException {
    TermExperiments experiments = experiments(result, regime);
    String in = regime.regime().label() + ", " + regime.request().cores() + " cores: ";
    double offered = experiments.capacity();
    if (!regime.regime().isBurst()) {
      stage(in + "search of the highest drop-free rate");
      rateEdge(result, regime, experiments, offered);
    }
    if (isMain) {
      stage(in + "search of the longest survivable burst");
      burstEdge(result, regime, experiments, offered);
    }
  }

  private void rateEdge(
      DiagnoseResult result, RegimeResult regime, TermExperiments experiments, double offered)
      throws ToolException {
    Prediction predicted = regime.model().rate(regime.runSeconds());
    EdgeSearch search =
        new EdgeSearch(
            result.effort().resolution(),
            result.effort().tries(),
            result.effort().mostDisturbed(),
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
    regime.rate(
        predicted,
        new EdgeSearch.Edge(
            Math.min(reached, edge.value()),
            isDevicesLimit ? Double.POSITIVE_INFINITY : edge.dirty()),
        search.points());
  }

  private void burstEdge(
      DiagnoseResult result, RegimeResult regime, TermExperiments experiments, double offered)
      throws ToolException {
    CeilingModel model = regime.model();
    double giveBack = model.giveBackBytesPerSecond();
    // Slow enough that the control path is not in the way, even where the first burst finds the
    // daemon asleep.
    double controlPath =
        regime.shape().firstToStarve().slotBytes()
            / (model.latencySeconds() + LONGEST_PARK_SECONDS)
            / 2;
    double rate = Math.min(4 * giveBack, Math.min(controlPath, offered / 2));
    Prediction predicted = model.burst(rate);
    if (rate < 1.3 * giveBack) {
      // No burst that this device can write, and the control path survives, is faster than that.
      return;
    }
    EdgeSearch search =
        new EdgeSearch(
            result.effort().resolution(),
            result.effort().tries(),
            result.effort().mostDisturbed(),
            seconds -> {
              progress.detail(Unit.SECONDS.format(seconds));
              return experiments.bursts(rate, seconds, giveBack);
            });
    EdgeSearch.Edge edge = search.search(0.01, LONGEST_BURST_SECONDS);
    regime.burst(rate, predicted, edge, search.points());
  }

  // ---- other layouts ------------------------------------------------------------------------

  private void layouts(DiagnoseResult result, ShapeRequest request) throws ToolException {
    RegimeResult main = result.main().orElseThrow();
    String platform = request.layout().substring(request.layout().indexOf('/'));
    for (String generation : List.of("l2-2026.06", "l2-2026.07", "chip-2026.08")) {
      for (int slots : SLOTS) {
        ShapeRequest other = main.request().withLayout(generation + platform, slots);
        CeilingModel model = main.model().withShape(probes.plan(other, runs.settings(Map.of())));
        Ceiling binding = model.binding();
        result
            .layouts()
            .add(
                new DiagnoseResult.LayoutPrediction(
                    generation + platform,
                    slots,
                    binding.bytesPerSecond(),
                    binding.kind(),
                    model.burstBytes()));
      }
    }
  }
}
