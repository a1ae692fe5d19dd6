package dev.sluice.tool.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One measured number and, where there is one, the target it is held against.
 *
 * @param value the median of the runs, or what was found from them
 * @param target NaN when the figure is only told
 * @param isMoreBetter the target is a floor; otherwise a ceiling
 * @param runs what each run gave
 * @param resolution the least relative difference that the way of measuring can see: 0.09 for a
 *     search on rungs that are 9 % apart, 0 for a direct reading
 */
record Figure(
    String name,
    double value,
    Unit unit,
    double target,
    boolean isMoreBetter,
    List<Double> runs,
    double resolution) {
  Figure {
    runs = List.copyOf(runs);
  }

  static Figure told(String name, double value, Unit unit) {
    return told(name, new double[] {value}, unit);
  }

  static Figure told(String name, double[] runs, Unit unit) {
    return of(Double.NaN, name, runs, unit, unit.isMoreBetter());
  }

  static Figure atLeast(double target, String name, double value, Unit unit) {
    return atLeast(target, name, new double[] {value}, unit);
  }

  static Figure atLeast(double target, String name, double[] runs, Unit unit) {
    return of(target, name, runs, unit, true);
  }

  static Figure atMost(double target, String name, double value, Unit unit) {
    return atMost(target, name, new double[] {value}, unit);
  }

  static Figure atMost(double target, String name, double[] runs, Unit unit) {
    return of(target, name, runs, unit, false);
  }

  /** No runs at all, such as of a search that found nothing, are a value of 0. */
  private static Figure of(
      double target, String name, double[] runs, Unit unit, boolean isMoreBetter) {
    double value = runs.length == 0 ? 0 : Medians.of(runs);
    List<Double> all = Arrays.stream(runs).boxed().toList();
    return new Figure(name, value, unit, target, isMoreBetter, all, 0);
  }

  Figure withResolution(double ratio) {
    return new Figure(name, value, unit, target, isMoreBetter, runs, ratio);
  }

  Spread spread() {
    return new Spread(value, runs, resolution);
  }

  boolean hasTarget() {
    return !Double.isNaN(target);
  }

  /** True without a target, too. */
  boolean isMet() {
    return !hasTarget() || (isMoreBetter ? value >= target : value <= target);
  }

  String targetText() {
    return hasTarget() ? (isMoreBetter ? ">= " : "<= ") + unit.format(target) : "";
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    object.put("value", value);
    object.put("unit", unit.jsonName());
    object.put("runs", runs);
    object.put("resolution", resolution);
    if (hasTarget()) {
      object.put("target", target);
      object.put("target_is", isMoreBetter ? "floor" : "ceiling");
      object.put("met", isMet());
    }
    return object;
  }
}
