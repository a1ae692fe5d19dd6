package dev.sluice.tool.diagnose;

import dev.sluice.tool.StopSignal;
import dev.sluice.tool.ToolException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The order of a diagnosis: the machine, the terms, the prediction, the search. What is known so
 * far is in the {@link DiagnoseResult} at any moment, so that an interrupted diagnosis has
 * something to show. One thread.
 */
final class Diagnosis {
  private static final long QUIET_LOOK_MS = 500;

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
  static int stages(List<ShapeRequest> others, boolean isPrivate) {
    return 9 + 3 * others.size() + (isPrivate ? 1 : 0);
  }

  /**
   * Runs all of it.
   *
   * @param others devices of other shapes, whose edge is predicted and searched, too
   * @throws ToolException also when a signal came; {@code result} then has what was done
   */
  void run(DiagnoseResult result, ShapeRequest request, List<ShapeRequest> others)
      throws ToolException {
    // What cannot have an arena is refused before the first second is spent.
    Shape shape = probes.plan(request, runs.settings(Map.of()));
    host(result, request);
    shape(result, request, shape, true);
    if (runs.isPrivate()) {
      storage(result, request, shape);
    }
    for (ShapeRequest other : others) {
      shape(result, other, probes.plan(other, runs.settings(Map.of())), false);
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

  private Map<String, String> capturing() {
    return Map.of(
        "sluice.capture.enabled", "true",
        "sluice.capture.directory", captureDirectory.toString(),
        "sluice.capture.retention-bytes", "2GiB");
  }

  private void shape(DiagnoseResult result, ShapeRequest request, Shape shape, boolean isMain)
      throws ToolException {
    ShapeResult begun = new ShapeResult(request, shape, result.effort().runNs() / 1e9);
    result.shapes().add(begun);
    TermExperiments experiments =
        new TermExperiments(runs, result.effort(), Map.of(), request, shape);
    ShapeTerms terms = new ShapeTerms(probes, runs, progress, result, begun, experiments);
    terms.measure(isMain);
    new ShapeEdges(runs, progress, result.effort(), begun, experiments).search(isMain);
    if (isMain) {
      terms.checkDrift();
    }
  }

  /** The disk: captures on, as the service has them. */
  private void storage(DiagnoseResult result, ShapeRequest request, Shape shape)
      throws ToolException {
    stage("what the storage takes");
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

  // ---- other layouts ------------------------------------------------------------------------

  private void layouts(DiagnoseResult result, ShapeRequest request) throws ToolException {
    ShapeResult main = result.main().orElseThrow();
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
