package dev.sluice.tool.diagnose;

import dev.sluice.tool.CeilingKind;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One of the limits of a rate.
 *
 * @param kind which of them
 * @param bytesPerSecond the highest rate below it; infinite if it does not limit
 * @param arithmetic how it follows from the terms, with the numbers in it
 */
record Ceiling(CeilingKind kind, double bytesPerSecond, String arithmetic) {
  Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("ceiling", kind.label());
    object.put("bytes_per_second", Numbers.orNull(bytesPerSecond));
    object.put("arithmetic", arithmetic);
    return object;
  }
}
