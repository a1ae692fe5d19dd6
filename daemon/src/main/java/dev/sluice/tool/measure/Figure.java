package dev.sluice.tool.measure;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A measured number with its noise and an optional target.
 *
 * <p>The noise range spans the lowest to the highest run, widened by the resolution of the method.
 * Two figures differ if their ranges do not touch. With five runs each, two equal figures appear to
 * differ in one of 126 comparisons, whatever the distribution of their noise; comparing medians is
 * less reliable, and a mean with a deviation assumes a distribution that a shared machine does not
 * have.
 *
 * @param name stable, for scripts
 * @param method how it was measured, one sentence; empty if the workload describes it
 * @param value the median of the runs, or a value derived from them
 * @param runs result of each run, in order
 * @param resolution smallest relative difference that the method can resolve: 0.09 for a search in
 *     steps of 9 %, 0 for a direct reading
 * @param target NaN without a target
 * @param isMoreBetter whether the target is a floor; otherwise it is a ceiling
 */
public record Figure(
    String name,
    String method,
    double value,
    Unit unit,
    List<Double> runs,
    double resolution,
    double target,
    boolean isMoreBetter) {
  /** With fewer runs the range does not show the noise. */
  private static final int LEAST_RUNS = 3;

  public Figure {
    runs = List.copyOf(runs);
  }

  public static Figure told(String name, Unit unit, double... runs) {
    return of(Double.NaN, name, unit, unit.isMoreBetter(), runs);
  }

  public static Figure atLeast(double target, String name, Unit unit, double... runs) {
    return of(target, name, unit, true, runs);
  }

  public static Figure atMost(double target, String name, Unit unit, double... runs) {
    return of(target, name, unit, false, runs);
  }

  /** Without runs, such as after a failed search, the value is 0. */
  private static Figure of(
      double target, String name, Unit unit, boolean isMoreBetter, double... runs) {
    double value = runs.length == 0 ? 0 : median(runs);
    List<Double> all = Arrays.stream(runs).boxed().toList();
    return new Figure(name, "", value, unit, all, 0, target, isMoreBetter);
  }

  /** Returns one term of a model, measured several times. */
  public static Figure term(String name, Unit unit, String method, List<Double> runs) {
    double value = median(runs.stream().mapToDouble(Double::doubleValue).toArray());
    return new Figure(name, method, value, unit, runs, 0, Double.NaN, unit.isMoreBetter());
  }

  /**
   * Returns the median, which one disturbed run cannot move; for an even number of runs, the lower
   * middle one, which is a measured value.
   */
  public static double median(double... runs) {
    if (runs.length == 0) {
      throw new IllegalArgumentException("no runs");
    }
    double[] sorted = runs.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }

  public Figure withResolution(double ratio) {
    return new Figure(name, method, value, unit, runs, ratio, target, isMoreBetter);
  }

  public Figure named(String other, String otherMethod) {
    return new Figure(other, otherMethod, value, unit, runs, resolution, target, isMoreBetter);
  }

  public double low() {
    return runs.stream().mapToDouble(Double::doubleValue).min().orElse(value) / (1 + resolution);
  }

  public double high() {
    return runs.stream().mapToDouble(Double::doubleValue).max().orElse(value) * (1 + resolution);
  }

  /** Returns the width of the noise range as a share of the value. */
  public double spread() {
    return value == 0 ? 0 : (high() - low()) / value;
  }

  /** Returns whether there are enough runs to know the noise. */
  public boolean isNoiseKnown() {
    return runs.size() >= LEAST_RUNS;
  }

  public boolean isApartFrom(Figure other) {
    return low() > other.high() || high() < other.low();
  }

  public boolean hasTarget() {
    return !Double.isNaN(target);
  }

  /** Returns whether the target is met; true without a target. */
  public boolean isMet() {
    return !hasTarget() || (isMoreBetter ? value >= target : value <= target);
  }

  public String text() {
    return unit.format(value);
  }

  public String targetText() {
    return hasTarget() ? (isMoreBetter ? ">= " : "<= ") + unit.format(target) : "";
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    if (!method.isEmpty()) {
      object.put("method", method);
    }
    object.put("value", value);
    object.put("unit", unit.jsonName());
    object.put("low", low());
    object.put("high", high());
    object.put("runs", runs);
    object.put("resolution", resolution);
    if (hasTarget()) {
      object.put("target", target);
      object.put("target_is", isMoreBetter ? "floor" : "ceiling");
      object.put("met", isMet());
    }
    return object;
  }

  /** Reads a printed figure for a comparison: everything but its target. */
  public static Figure read(Map<String, Object> json) throws ToolException {
    Unit unit = Unit.ofJsonName(Json.text(json, "unit"));
    return new Figure(
        Json.text(json, "name"),
        "",
        Json.real(json, "value"),
        unit,
        Json.reals(json, "runs"),
        Json.real(json, "resolution"),
        Double.NaN,
        unit.isMoreBetter());
  }
}
