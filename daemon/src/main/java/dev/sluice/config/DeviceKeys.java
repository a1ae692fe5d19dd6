package dev.sluice.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keys for single devices: {@code sluice.device.3.arena.bytes} overrides {@code sluice.arena.bytes}
 * for device 3. Type, text and reload behaviour are those of the general key. There is no default:
 * without a device's own value the general key applies.
 */
public final class DeviceKeys {
  static final String SECTION = "sluice.device";

  private static final String GENERAL = "sluice.";
  private static final Pattern PATH = Pattern.compile("sluice\\.device\\.([0-9]+)\\.(.+)");
  private static final Pattern VARIABLE = Pattern.compile("SLUICE_DEVICE_([0-9]+)_(.+)");

  /** By the name after the device's number. */
  private static final Map<String, ConfigKey<?>> BY_NAME = new LinkedHashMap<>();

  static {
    // The general section also contains a list, which is useless for a single device.
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

  /** Returns the keys that a device can override, by the name after {@code sluice.device.ID.} */
  public static Map<String, ConfigKey<?>> all() {
    return new LinkedHashMap<>(BY_NAME);
  }

  /** Returns whether a path is a key of a single device. */
  public static boolean isKey(String path) {
    return deviceOf(path).stream()
        .flatMap(device -> of(device).stream())
        .anyMatch(own -> own.path().equals(path));
  }

  /** Returns a device's own key for a general one. */
  static <T> ConfigKey<T> own(int device, String name, ConfigKey<T> general) {
    return new ConfigKey<>(
        SECTION + "." + device + "." + name, general.type(), general.applies(), general.doc());
  }

  /** Returns a device's own key for a general one; empty if a device cannot override it. */
  static <T> Optional<ConfigKey<T>> own(int device, ConfigKey<T> general) {
    return BY_NAME.entrySet().stream()
        .filter(entry -> entry.getValue().equals(general))
        .findFirst()
        .map(entry -> own(device, entry.getKey(), general));
  }

  /** Returns all own keys of a device, set or not. */
  static List<ConfigKey<?>> of(int device) {
    return BY_NAME.entrySet().stream()
        .<ConfigKey<?>>map(entry -> own(device, entry.getKey(), entry.getValue()))
        .toList();
  }

  /** Returns the device of a path to an own key; empty for other paths. */
  static Optional<Integer> deviceOf(String path) {
    Matcher matcher = PATH.matcher(path);
    return matcher.matches() ? number(matcher.group(1)) : Optional.empty();
  }

  /** Returns the device of a variable for an own key; empty for other variables. */
  static Optional<Integer> deviceOfVariable(String variable) {
    Matcher matcher = VARIABLE.matcher(variable);
    return matcher.matches() ? number(matcher.group(1)) : Optional.empty();
  }

  /** Parses a section name as a device number; empty if it is not one. */
  static Optional<Integer> number(String text) {
    try {
      int device = Integer.parseInt(text);
      // One spelling only: two sections of one device would yield two values for one key.
      return text.equals(Integer.toString(device)) && device >= 0
          ? Optional.of(device)
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
