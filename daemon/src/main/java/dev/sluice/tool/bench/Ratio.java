package dev.sluice.tool.bench;

import dev.sluice.tool.measure.Figure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Ratio of the clean rates of two workloads of one bench: what a design gains on this machine.
 *
 * @param over workload whose first figure is the numerator
 * @param under workload whose first figure is the denominator
 * @param target minimum; NaN without a target
 */
record Ratio(String name, String over, String under, double target) {
  private static final double OF_A_PLAIN_C_PROGRAM = 0.7;
  private static final double OF_COUNTING_ONLY = 0.5;
  private static final List<String> GEOMETRIES =
      List.of("l2-2026.06-24x1", "l2-2026.07-24x1", "chip-2026.09-24x1");

  /** Returns all ratios. Against a C host, both sides count or both sides store. */
  static List<Ratio> all() {
    return GEOMETRIES.stream().flatMap(geometry -> of(geometry).stream()).toList();
  }

  private static List<Ratio> of(String geometry) {
    String counting = "clean-rate/" + geometry;
    String capturing = "capture/clean-rate/" + geometry;
    String toDisk = "capture-disk/clean-rate/" + geometry;
    String count = BaselineWorkloads.Host.FLOOR_COUNT.workload(geometry);
    String copy = BaselineWorkloads.Host.FLOOR_COPY.workload(geometry);
    String file = BaselineWorkloads.Host.FLOOR_FILE.workload(geometry);
    String old = BaselineWorkloads.Host.OLD_HOST.workload(geometry);
    String ring = BaselineWorkloads.Host.OLD_HOST_RING.workload(geometry);
    return List.of(
        new Ratio("counting-vs-floor/" + geometry, counting, count, Double.NaN),
        new Ratio("capture-vs-counting/" + geometry, capturing, counting, OF_COUNTING_ONLY),
        new Ratio("capture-disk-vs-counting/" + geometry, toDisk, counting, OF_COUNTING_ONLY),
        new Ratio("capture-vs-floor/" + geometry, capturing, file, OF_A_PLAIN_C_PROGRAM),
        new Ratio("capture-vs-old-host/" + geometry, capturing, old, Double.NaN),
        new Ratio("capture-vs-old-host-ring/" + geometry, capturing, ring, Double.NaN),
        new Ratio("old-host-ring-vs-floor/" + geometry, ring, copy, Double.NaN));
  }

  /** Returns the value; empty unless both workloads ran and the denominator has a clean rate. */
  Optional<Value> of(Map<String, Figure> figures) {
    Figure numerator = figures.get(over);
    Figure denominator = figures.get(under);
    if (numerator == null || denominator == null || !(denominator.low() > 0)) {
      return Optional.empty();
    }
    return Optional.of(
        new Value(
            this,
            numerator.value() / denominator.value(),
            numerator.low() / denominator.high(),
            numerator.high() / denominator.low()));
  }

  /**
   * @param low value with the least favourable runs; {@code high} is the opposite
   */
  record Value(Ratio ratio, double value, double low, double high) {
    boolean isMet() {
      return Double.isNaN(ratio.target) || value >= ratio.target;
    }

    String text() {
      String target =
          Double.isNaN(ratio.target)
              ? ""
              : String.format(Locale.ROOT, ">= %.2f  %s", ratio.target, isMet() ? "met" : "MISSED");
      return String.format(
              Locale.ROOT,
              "  %-36s %10.2f %18s  %s",
              ratio.name,
              value,
              String.format(Locale.ROOT, "%.2f to %.2f", low, high),
              target)
          .stripTrailing();
    }

    Map<String, Object> toJson() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("name", ratio.name);
      object.put("numerator", ratio.over);
      object.put("denominator", ratio.under);
      object.put("value", value);
      object.put("low", low);
      object.put("high", high);
      if (!Double.isNaN(ratio.target)) {
        object.put("target", ratio.target);
        object.put("met", isMet());
      }
      return object;
    }
  }
}
