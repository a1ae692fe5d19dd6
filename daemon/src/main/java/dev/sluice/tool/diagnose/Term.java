package dev.sluice.tool.diagnose;

import dev.sluice.tool.bench.Medians;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One measured term of the model.
 *
 * @param name stable, for scripts
 * @param method how it was measured, one sentence for people
 * @param values of the repeats, in the order in which they were made
 */
record Term(String name, Unit unit, String method, List<Double> values) {
  Term {
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException(name + " was never measured");
    }
  }

  static Term of(String name, Unit unit, String method, double... values) {
    return new Term(name, unit, method, Arrays.stream(values).boxed().toList());
  }

  /** The same under another name. */
  Term named(String other) {
    return new Term(other, unit, method, values);
  }

  double median() {
    return Medians.of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  double low() {
    return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  double high() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /** How far the repeats lie apart, as a share of the median; 0 for one value. */
  double spread() {
    double median = median();
    return median == 0 ? 0 : (high() - low()) / median;
  }

  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", name);
    object.put("unit", unit.jsonName());
    object.put("method", method);
    object.put("median", median());
    object.put("low", low());
    object.put("high", high());
    object.put("spread", spread());
    object.put("values", values);
    return object;
  }
}
