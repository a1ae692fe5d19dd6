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

/** Measurements, predictions and edges of one device. Filled step by step by one thread. */
final class ShapeResult {
  /** A page with more gaps than this does not load. */
  private static final int MOST_GAPS = 1_000;

  final ShapeRequest request;
  final Shape shape;

  /** Length of a run at a steady rate. */
  final double runSeconds;

  final List<Figure> terms = new ArrayList<>();
  final List<Comparison> comparisons = new ArrayList<>();
  final List<Point> ratePoints = new ArrayList<>();
  final List<Point> burstPoints = new ArrayList<>();

  /** Rate during the bursts; 0 without a burst search. */
  double burstRate;

  /** Null until the terms are complete. */
  CeilingModel model;

  /** The run whose worst latency is the median; null before the latency runs. */
  RunReport typical;

  /** Null if not measured. */
  HostProbes.Pauses pauses;

  /** Remark on the results; empty if none. */
  String note = "";

  ShapeResult(ShapeRequest request, Shape shape, double runSeconds) {
    this.request = request;
    this.shape = shape;
    this.runSeconds = runSeconds;
  }

  /**
   * One run of a search.
   *
   * @param value requested value
   * @param bytesPerSecond rate that the device tried to write during its active time
   * @param lostRatio share of records dropped or missing, 0 to 1
   * @param stalledRatio share of its time that the device waited, 0 to 1
   * @param isDisturbed whether the simulated device lost its CPU and wrote less than requested
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
   * An edge: predicted by the model and found by runs.
   *
   * @param what {@code rate} or {@code burst}
   */
  record Comparison(String what, Limit predicted, EdgeSearch.Edge found) {
    /** Relative error, positive if the model promises too much; NaN if either side has no edge. */
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

  /** Returns the device's name in progress and notes. */
  String title() {
    return request.cores() + " cores";
  }

  /** Returns a term by name; it must exist. */
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

  /** Returns the predicted edges, in the order of {@link #found}. */
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
