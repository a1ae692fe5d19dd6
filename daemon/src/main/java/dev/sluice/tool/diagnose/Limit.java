package dev.sluice.tool.diagnose;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.Json;
import dev.sluice.tool.measure.Unit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One limit of a rate or a burst, by the model.
 *
 * @param ceiling the ceiling that sets the limit
 * @param value the highest value below it, in {@code unit}; infinite if it does not limit
 * @param arithmetic derivation from the terms, with the numbers inserted
 */
record Limit(Ceiling ceiling, Unit unit, double value, String arithmetic) {
  static Limit ofRate(Ceiling ceiling, double bytesPerSecond, String arithmetic) {
    return new Limit(ceiling, Unit.BYTES_PER_SECOND, bytesPerSecond, arithmetic);
  }

  String text() {
    return unit.format(value);
  }

  /** Returns the JSON object of a rate limit. */
  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("ceiling", ceiling.label());
    object.put("bytes_per_second", Json.finite(value));
    object.put("arithmetic", arithmetic);
    return object;
  }
}
