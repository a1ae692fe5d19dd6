package dev.sluice.tool.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One measured number and, where there is one, the target it is held against.
 *
 * @param target NaN when the figure is only told
 * @param isMoreBetter the target is a floor; otherwise a ceiling
 */
record Figure(String name, double value, Unit unit, double target, boolean isMoreBetter) {
  static Figure told(String name, double value, Unit unit) {
    return new Figure(name, value, unit, Double.NaN, false);
  }

  static Figure atLeast(double target, String name, double value, Unit unit) {
    return new Figure(name, value, unit, target, true);
  }

  static Figure atMost(double target, String name, double value, Unit unit) {
    return new Figure(name, value, unit, target, false);
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
    if (hasTarget()) {
      object.put("target", target);
      object.put("target_is", isMoreBetter ? "floor" : "ceiling");
      object.put("met", isMet());
    }
    return object;
  }
}
