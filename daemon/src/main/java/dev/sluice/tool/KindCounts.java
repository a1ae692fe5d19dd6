package dev.sluice.tool;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The terms of the accounting law, for one kind or the sum of all. In records, except bytes.
 *
 * @param deviceRecords records that the device tried to write
 * @param dropped records lost by the device, by cause
 */
public record KindCounts(
    long deviceRecords,
    long collectedRecords,
    long collectedBytes,
    Map<String, Long> dropped,
    long salvagedRecords,
    long neverStartedRecords,
    long unaccountedRecords) {
  public static KindCounts read(Map<String, Object> object) throws ToolException {
    return new KindCounts(
        Json.whole(object, "device_records"),
        Json.whole(object, "collected_records"),
        Json.whole(object, "collected_bytes"),
        Json.counts(object, "dropped_records"),
        Json.whole(object, "salvaged_records"),
        Json.whole(object, "never_started_records"),
        Json.whole(object, "unaccounted_records"));
  }

  public long droppedRecords() {
    return dropped.values().stream().mapToLong(Long::longValue).sum();
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("device_records", deviceRecords);
    object.put("collected_records", collectedRecords);
    object.put("collected_bytes", collectedBytes);
    object.put("dropped_records", dropped);
    object.put("salvaged_records", salvagedRecords);
    object.put("never_started_records", neverStartedRecords);
    object.put("unaccounted_records", unaccountedRecords);
    return object;
  }
}
