package dev.sluice.tool.diagnose;

import dev.sluice.tool.ProgressLine;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Runs;
import dev.sluice.tool.measure.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the steps of a diagnosis: machine, terms, prediction, search. The {@link DiagnoseResult} is
 * up to date after each step, so that an interrupted diagnosis can still report. Single-threaded.
 */
final class Diagnosis {
  private static final long QUIET_LOOK_MS = 500;
  private static final int BAR_WIDTH = 24;
  private static final List<Integer> SLOTS = List.of(2, 4, 8, 16);

  private final DiagnoseResult result;
  private final Runs runs;
  private final Optional<Runs.Target> target;
  private final HostProbes probes;
  private final ProgressLine line;
  private final Processors processors = Processors.ofThisProcess();

  private int stages;
  private int begun;
  private String current = "";

  /**
   * @param target the daemon to use instead of private ones
   */
  Diagnosis(
      DiagnoseResult result,
      Runs runs,
      Optional<Runs.Target> target,
      HostProbes probes,
      ProgressLine line) {
    this.result = result;
    this.runs = runs;
    this.target = target;
    this.probes = probes;
    this.line = line;
  }

  /**
   * Runs all steps.
   *
   * @param others devices of other shapes, whose edges are also predicted and searched
   * @param device number to attach as
   * @param captureDirectory an empty folder for the experiments that write to disk
   * @throws ToolException also on a stop signal; the result then holds the finished steps
   */
  void run(ShapeRequest request, List<ShapeRequest> others, int device, Path captureDirectory)
      throws ToolException {
    stages = 9 + 3 * others.size() + (target.isEmpty() ? 1 : 0);
    // Refuse a shape without a possible arena before any measurement starts.
    TermExperiments experiments = experiments(request, device, Map.of());
    host(request);
    shape(experiments, true);
    if (target.isEmpty()) {
      storage(request, captureDirectory);
    }
    for (ShapeRequest other : others) {
      shape(experiments(other, device, Map.of()), false);
    }
    layouts(request);
    result.quiet.after();
    result.isPartial = false;
  }

  private TermExperiments experiments(
      ShapeRequest request, int device, Map<String, String> settings) throws ToolException {
    return new TermExperiments(
        runs,
        target,
        device,
        processors.canBeShared() ? processors.device() : "",
        result.effort,
        wanted(settings),
        request,
        plan(request));
  }

  private Shape plan(ShapeRequest request) throws ToolException {
    return probes.plan(request, runs.settings(wanted(Map.of())));
  }

  /** Keeps the lanes of a private daemon off the device's CPU. */
  private Map<String, String> wanted(Map<String, String> settings) {
    Map<String, String> all = new LinkedHashMap<>();
    if (processors.canBeShared()) {
      all.put("sluice.drain.cpus", processors.lanes());
      all.put("sluice.refill.cpus", processors.lanes());
      all.put("sluice.collector.cpus", processors.lanes());
    }
    all.putAll(settings);
    return all;
  }

  HostProbes.Pauses pauses(long durationNs, long thresholdNs) throws ToolException {
    return probes.pauses(runs.settings(wanted(Map.of())), durationNs, thresholdNs);
  }

  /** Starts the next stage. */
  void stage(String name) throws ToolException {
    runs.refuseIfStopped();
    begun++;
    current = name;
    show("");
  }

  /** Shows progress within the stage. */
  void detail(String text) {
    show(": " + text);
  }

  private void show(String detail) {
    double done = Math.min(1, (begun - 1.0) / stages);
    int filled = (int) (done * BAR_WIDTH);
    line.update(
        String.format(
            Locale.ROOT,
            "[%s%s] %3.0f %%  %s%s",
            "=".repeat(filled),
            " ".repeat(BAR_WIDTH - filled),
            100 * done,
            current,
            detail));
  }

  private void host(ShapeRequest request) throws ToolException {
    Effort effort = result.effort;
    stage("check for a quiet machine");
    result.quiet.before(() -> runs.pause(QUIET_LOOK_MS));
    stage("bandwidth of the mapping");
    result.hostTerms.addAll(
        new MappingBandwidth(effort.mappingNs(), effort.mappingRepeats()).measure());
    stage("control path with payload untouched");
    List<Double> buffers = new ArrayList<>();
    while (buffers.size() < effort.latencyRepeats()) {
      buffers.add(probes.controlPath(request, effort.mappingNs() * 5));
    }
    result.hostTerms.add(
        Figure.term(
            "control_path",
            Unit.BUFFERS_PER_SECOND,
            "one thread steps drain, refill and collector over empty buffers of a simulated"
                + " device, whose own time is not counted",
            buffers));
  }

  private void shape(TermExperiments experiments, boolean isMain) throws ToolException {
    ShapeResult begun =
        new ShapeResult(experiments.request(), experiments.shape(), result.effort.runNs() / 1e9);
    result.shapes.add(begun);
    new ShapeDiagnosis(this, result, begun, experiments).run(isMain);
  }

  /** Measures the disk, with captures on as in the service. */
  private void storage(ShapeRequest request, Path directory) throws ToolException {
    stage("storage rate");
    Map<String, String> capturing =
        Map.of(
            "sluice.capture.enabled", "true",
            "sluice.capture.directory", directory.toString(),
            "sluice.capture.retention-bytes", "2GiB");
    Figure giveBack = experiments(request, 0, capturing).giveBack().bytesPerSecond();
    result.storage =
        Optional.of(
            giveBack.named(
                "storage", "captures in " + directory.getParent() + "; " + giveBack.method()));
  }

  private void layouts(ShapeRequest request) throws ToolException {
    ShapeResult main = result.main().orElseThrow();
    String platform = request.layout().substring(request.layout().indexOf('/'));
    for (String generation : List.of("l2-2026.06", "l2-2026.07", "chip-2026.08", "chip-2026.09")) {
      for (int slots : SLOTS) {
        ShapeRequest other = main.request.withLayout(generation + platform, slots);
        CeilingModel model = main.model.withShape(plan(other));
        Limit binding = model.binding();
        result.layouts.add(
            new DiagnoseResult.LayoutPrediction(
                generation + platform,
                slots,
                binding.value(),
                binding.ceiling(),
                model.burstBytes()));
      }
    }
  }
}
