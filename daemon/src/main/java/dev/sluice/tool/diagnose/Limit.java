package dev.sluice.tool.diagnose;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.Json;
import dev.sluice.tool.measure.Unit;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One of the limits of a rate or of a burst, as the model has it.
 *
 * @param ceiling which of them
 * @param value the highest value below it, in {@code unit}; infinite if it does not limit
 * @param arithmetic how it follows from the terms, with the numbers in it
 */
record Limit(Ceiling ceiling, Unit unit, double value, String arithmetic) {
  static Limit ofRate(Ceiling ceiling, double bytesPerSecond, String arithmetic) {
    return new Limit(ceiling, Unit.BYTES_PER_SECOND, bytesPerSecond, arithmetic);
  }

  String text() {
    return unit.format(value);
  }

  /** Of the limit of a rate. */
  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("ceiling", ceiling.label());
    object.put("bytes_per_second", Json.finite(value));
    object.put("arithmetic", arithmetic);
    return object;
  }
}
