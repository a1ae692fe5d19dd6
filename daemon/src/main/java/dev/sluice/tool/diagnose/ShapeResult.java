package dev.sluice.tool.diagnose;

import dev.sluice.tool.Json;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.measure.EdgeSearch;
import dev.sluice.tool.measure.Figure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was measured, predicted and found for one device. Filled step by step by one thread. */
final class ShapeResult {
  /** A page with more gaps than this cannot be loaded. */
  private static final int MOST_GAPS = 1_000;

  final ShapeRequest request;
  final Shape shape;

  /** Length of a run at a steady rate. */
  final double runSeconds;

  final List<Figure> terms = new ArrayList<>();
  final List<Comparison> comparisons = new ArrayList<>();
  final List<Point> ratePoints = new ArrayList<>();
  final List<Point> burstPoints = new ArrayList<>();

  /** At which rate the bursts came; 0 if there were none. */
  double burstRate;

  /** Null until the terms are there. */
  CeilingModel model;

  /** The run whose worst latency is the median one; null until there is one. */
  RunReport typical;

  /** Null if none were looked for. */
  HostProbes.Pauses pauses;

  /** Empty if there is nothing to say. */
  String note = "";

  ShapeResult(ShapeRequest request, Shape shape, double runSeconds) {
    this.request = request;
    this.shape = shape;
    this.runSeconds = runSeconds;
  }

  /**
   * What one run of a search showed.
   *
   * @param value what was asked for
   * @param bytesPerSecond what the device set out to write, while it wrote
   * @param lostRatio records that were dropped or are missing, of all, 0 to 1
   * @param stalledRatio share of its time for which the device waited, 0 to 1
   * @param isDisturbed the simulated device was kept from its processor, and wrote less than it was
   *     asked for
   */
  record Point(
      double value,
      double bytesPerSecond,
      double lostRatio,
      double stalledRatio,
      boolean isClean,
      boolean isDisturbed) {
    EdgeSearch.Outcome outcome() {
      if (!isClean) {
        return EdgeSearch.Outcome.LOSSY;
      }
      return isDisturbed ? EdgeSearch.Outcome.DISTURBED : EdgeSearch.Outcome.CLEAN;
    }

    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("value", value);
      object.put("bytes_per_second", bytesPerSecond);
      object.put("lost_ratio", lostRatio);
      object.put("stalled_ratio", stalledRatio);
      object.put("clean", isClean);
      object.put("disturbed", isDisturbed);
      return object;
    }
  }

  /**
   * An edge as the model has it, and as runs have it.
   *
   * @param what {@code rate} or {@code burst}
   */
  record Comparison(String what, Limit predicted, EdgeSearch.Edge found) {
    /** Positive if the model promises too much; NaN where there is no edge on one of the sides. */
    double error() {
      boolean isComparable =
          !found.isAtLeast() && found.value() > 0 && Double.isFinite(predicted.value());
      return isComparable ? predicted.value() / found.value() - 1 : Double.NaN;
    }

    String foundText() {
      String text = predicted.unit().format(found.value());
      return found.isAtLeast() ? ">= " + text : found.value() == 0 ? "none clean" : text;
    }
  }

  /** The device, as progress and notes name it. */
  String title() {
    return request.cores() + " cores";
  }

  /** The term of this name, which was added. */
  Figure term(String name) {
    return terms.stream().filter(term -> term.name().equals(name)).findFirst().orElseThrow();
  }

  private Map<String, Object> device() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("layout", request.layout());
    object.put("cores", request.cores());
    object.put("aicpu_threads", request.aicpuThreads());
    return object;
  }

  /** The predicted edges; {@link #found} has as many, in the same order. */
  List<Map<String, Object>> predictions() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Comparison comparison : comparisons) {
      Map<String, Object> object = device();
      object.put("what", comparison.what());
      object.put("unit", comparison.predicted().unit().jsonName());
      object.put("value", Json.finite(comparison.predicted().value()));
      object.put("binding", comparison.predicted().ceiling().label());
      object.put("arithmetic", comparison.predicted().arithmetic());
      all.add(object);
    }
    return all;
  }

  List<Map<String, Object>> found() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Comparison comparison : comparisons) {
      Map<String, Object> object = device();
      object.put("what", comparison.what());
      object.put("unit", comparison.predicted().unit().jsonName());
      object.put("value", comparison.found().value());
      object.put("lowest_lossy", Json.finite(comparison.found().dirty()));
      object.put("at_least", comparison.found().isAtLeast());
      object.put("error", Json.finite(comparison.error()));
      all.add(object);
    }
    return all;
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = device();
    object.put("run_seconds", runSeconds);
    object.put("arena_bytes", shape.arenaBytes());
    object.put("pools", shape.pools().stream().map(Shape.PoolKind::toJson).toList());
    object.put("note", note);
    object.put("terms", terms.stream().map(Figure::toJson).toList());
    if (model != null) {
      object.put("ceilings", model.ceilings(runSeconds).stream().map(Limit::toJson).toList());
      object.put("model", model.toJson());
      object.put("refill_latency_seconds", typical.session().refillLatency().toJson());
      object.put("drain_pause_seconds", typical.session().drainPause().toJson());
    }
    object.put("burst_bytes_per_second", burstRate);
    object.put("rate_points", ratePoints.stream().map(Point::toJson).toList());
    object.put("burst_points", burstPoints.stream().map(Point::toJson).toList());
    object.put("pauses", pauses == null ? null : pauseTimes());
    return object;
  }

  private Map<String, Object> pauseTimes() {
    List<HostProbes.Gap> longest =
        pauses.gaps().stream()
            .sorted(Comparator.comparingLong(HostProbes.Gap::lengthNs).reversed())
            .limit(MOST_GAPS)
            .sorted(Comparator.comparingLong(HostProbes.Gap::atNs))
            .toList();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("seconds", pauses.durationNs() / 1e9);
    object.put("lost_ratio", pauses.lostRatio());
    object.put("longest_seconds", pauses.longestSeconds());
    object.put("count", pauses.gaps().size());
    object.put("at_seconds", longest.stream().map(gap -> gap.atNs() / 1e9).toList());
    object.put("length_seconds", longest.stream().map(gap -> gap.lengthNs() / 1e9).toList());
    return object;
  }
}
