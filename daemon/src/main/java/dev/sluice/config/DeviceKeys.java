package dev.sluice.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keys that a device may have of its own: {@code sluice.device.3.arena.bytes} is what {@code
 * sluice.arena.bytes} is to all others. They have type, text and time of change of the general key,
 * and no default: without one the general key counts.
 */
public final class DeviceKeys {
  static final String SECTION = "sluice.device";

  private static final String GENERAL = "sluice.";
  private static final Pattern PATH = Pattern.compile("sluice\\.device\\.([0-9]+)\\.(.+)");
  private static final Pattern VARIABLE = Pattern.compile("SLUICE_DEVICE_([0-9]+)_(.+)");

  /** By the name after the device's number. */
  private static final Map<String, ConfigKey<?>> BY_NAME = new LinkedHashMap<>();

  static {
    // The section of the general key holds a list, too, of which a single device has no use.
    BY_NAME.put("placement", ConfigKeys.PLACEMENT_DEFAULT);
    for (ConfigKey<?> key :
        List.of(
            ConfigKeys.ARENA_BYTES,
            ConfigKeys.ARENA_BUFFERS_AICPU_TASK,
            ConfigKeys.ARENA_BUFFERS_SCHED_PHASE,
            ConfigKeys.ARENA_BUFFERS_ORCH_PHASE,
            ConfigKeys.ARENA_BUFFERS_AICORE_TASK,
            ConfigKeys.THREADING,
            ConfigKeys.DRAIN_CPUS,
            ConfigKeys.REFILL_CPUS,
            ConfigKeys.COLLECTOR_CPUS,
            ConfigKeys.CAPTURE_ENABLED,
            ConfigKeys.CAPTURE_STAGE_BYTES,
            ConfigKeys.CAPTURE_OVERLOAD,
            ConfigKeys.CANN_SHARE,
            ConfigKeys.CANN_PAYLOAD)) {
      BY_NAME.put(key.path().substring(GENERAL.length()), key);
    }
  }

  private DeviceKeys() {}

  /** What a device may have of its own, by the name after {@code sluice.device.ID.} */
  public static Map<String, ConfigKey<?>> all() {
    return new LinkedHashMap<>(BY_NAME);
  }

  /** Whether a path is a key that some device may have of its own. */
  public static boolean isKey(String path) {
    return deviceOf(path).stream()
        .flatMap(device -> of(device).stream())
        .anyMatch(own -> own.path().equals(path));
  }

  /** A device's own key beside a general one. */
  static <T> ConfigKey<T> own(int device, String name, ConfigKey<T> general) {
    return new ConfigKey<>(
        SECTION + "." + device + "." + name, general.type(), general.applies(), general.doc());
  }

  /** A device's own key for a general one; empty if there is no such thing. */
  static <T> Optional<ConfigKey<T>> own(int device, ConfigKey<T> general) {
    return BY_NAME.entrySet().stream()
        .filter(entry -> entry.getValue().equals(general))
        .findFirst()
        .map(entry -> own(device, entry.getKey(), general));
  }

  /** All own keys of a device, set or not. */
  static List<ConfigKey<?>> of(int device) {
    return BY_NAME.entrySet().stream()
        .<ConfigKey<?>>map(entry -> own(device, entry.getKey(), entry.getValue()))
        .toList();
  }

  /** Whose own key a path would be; empty if it is not one. */
  static Optional<Integer> deviceOf(String path) {
    Matcher matcher = PATH.matcher(path);
    return matcher.matches() ? number(matcher.group(1)) : Optional.empty();
  }

  /** The device whose key a variable would set; empty if it is not one. */
  static Optional<Integer> deviceOfVariable(String variable) {
    Matcher matcher = VARIABLE.matcher(variable);
    return matcher.matches() ? number(matcher.group(1)) : Optional.empty();
  }

  /** A device number as a section's name; empty if it is not one. */
  static Optional<Integer> number(String text) {
    try {
      int device = Integer.parseInt(text);
      // One spelling: a device with two sections would have two values for one key.
      return text.equals(Integer.toString(device)) && device >= 0
          ? Optional.of(device)
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
