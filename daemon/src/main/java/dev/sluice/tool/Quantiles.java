package dev.sluice.tool;

import java.util.LinkedHashMap;
import java.util.Map;

/** A latency distribution from the daemon, in seconds; all 0 if nothing was measured. */
public record Quantiles(long count, double p50, double p99, double p999, double max) {
  public static Quantiles read(Map<String, Object> parent, String key) throws ToolException {
    Map<String, Object> object = Json.object(parent, key);
    return new Quantiles(
        Json.whole(object, "count"),
        Json.real(object, "p50"),
        Json.real(object, "p99"),
        Json.real(object, "p999"),
        Json.real(object, "max"));
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("count", count);
    object.put("p50", p50);
    object.put("p99", p99);
    object.put("p999", p999);
    object.put("max", max);
    return object;
  }
}
