package dev.sluice.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The types of configuration values. */
final class ConfigTypes {
  /** sun_path holds 108 bytes, including the final NUL. */
  static final int MAX_SOCKET_PATH_BYTES = 107;

  private static final int MAX_CPU = 4095;

  private ConfigTypes() {}

  static ConfigType<Integer> integer(int min, int max) {
    return scalar(
        "a whole number from " + min + " to " + max,
        text -> (int) wholeNumber(text, min, max),
        value -> Integer.toString(value));
  }

  static ConfigType<Integer> count(int min, int max) {
    return integer(min, max);
  }

  /** Reads {@code auto} as 0. */
  static ConfigType<Integer> countOrAuto(int min, int max) {
    return scalar(
        "auto or a whole number from " + min + " to " + max,
        text -> text.equals("auto") ? 0 : (int) wholeNumber(text, min, max),
        value -> value == 0 ? "auto" : Integer.toString(value));
  }

  static ConfigType<Long> size(long min, long max) {
    String allowed =
        "a size from " + Quantities.exactBytes(min) + " to " + Quantities.exactBytes(max);
    return scalar(
        allowed,
        text -> inRange(Quantities.bytes(text), min, max, text),
        value -> quoted(Quantities.exactBytes(value)));
  }

  /** A duration in nanoseconds. */
  static ConfigType<Long> duration(long min, long max) {
    String allowed =
        "a duration from " + Quantities.exactNanos(min) + " to " + Quantities.exactNanos(max);
    return scalar(
        allowed,
        text -> inRange(Quantities.nanos(text), min, max, text),
        value -> quoted(Quantities.exactNanos(value)));
  }

  static <E extends Enum<E>> ConfigType<E> choice(Class<E> type) {
    List<String> names = Arrays.stream(type.getEnumConstants()).map(ConfigTypes::name).toList();
    return scalar(
        "one of " + String.join(", ", names),
        text -> {
          int index = names.indexOf(text);
          if (index < 0) {
            throw new IllegalArgumentException("'" + text + "' is not one of them");
          }
          return type.getEnumConstants()[index];
        },
        ConfigTypes::name);
  }

  static ConfigType<ListenAddress> listenAddress() {
    return scalar("host:port", ListenAddress::parse, value -> quoted(value.toString()));
  }

  static ConfigType<Path> socketPath() {
    return scalar(
        "an absolute path of at most " + MAX_SOCKET_PATH_BYTES + " bytes",
        text -> {
          Path path = path(text);
          int bytes = text.getBytes(StandardCharsets.UTF_8).length;
          if (bytes > MAX_SOCKET_PATH_BYTES) {
            throw new IllegalArgumentException(
                "the path has " + bytes + " bytes, a Unix socket takes " + MAX_SOCKET_PATH_BYTES);
          }
          return path;
        },
        value -> quoted(value.toString()));
  }

  /** CPU ids in the given order; also accepts {@code 2-5,8}. */
  static ConfigType<List<Integer>> cpus() {
    return list(
        "a list of CPU ids, like [2, 3] or 2-3",
        texts -> {
          Set<Integer> cpus = new LinkedHashSet<>();
          for (String text : texts) {
            String[] ends = text.split("-", 2);
            int first = (int) wholeNumber(ends[0].strip(), 0, MAX_CPU);
            int last = ends.length == 1 ? first : (int) wholeNumber(ends[1].strip(), 0, MAX_CPU);
            if (last < first) {
              throw new IllegalArgumentException("'" + text + "' is in the wrong order");
            }
            for (int cpu = first; cpu <= last; cpu++) {
              if (!cpus.add(cpu)) {
                throw new IllegalArgumentException("CPU " + cpu + " is listed twice");
              }
            }
          }
          return List.copyOf(cpus);
        },
        ConfigTypes::bracketed);
  }

  /** User or group ids. */
  static ConfigType<Set<Integer>> ids(String noun) {
    return list(
        "a list of " + noun + " ids",
        texts -> {
          Set<Integer> ids = new TreeSet<>();
          texts.forEach(text -> ids.add((int) wholeNumber(text, 0, Integer.MAX_VALUE)));
          return ids;
        },
        ConfigTypes::bracketed);
  }

  static ConfigType<DeviceFilter> devices() {
    return list(
        "any, or a list of device ids",
        texts -> {
          if (texts.equals(List.of("any"))) {
            return new DeviceFilter(true, new TreeSet<>());
          }
          if (texts.isEmpty()) {
            throw new IllegalArgumentException("no device could attach");
          }
          TreeSet<Integer> ids = new TreeSet<>();
          texts.forEach(text -> ids.add((int) wholeNumber(text, 0, Integer.MAX_VALUE)));
          return new DeviceFilter(false, ids);
        },
        value -> value.any() ? "any" : bracketed(value.ids()));
  }

  static ConfigType<Boolean> bool() {
    return scalar(
        "true or false",
        text -> {
          if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("'" + text + "' is neither");
          }
          return text.equals("true");
        },
        value -> Boolean.toString(value));
  }

  static ConfigType<Path> directory() {
    return scalar(
        "an absolute path of a directory", ConfigTypes::path, value -> quoted(value.toString()));
  }

  /** Reads {@code auto} as empty. */
  static ConfigType<Optional<Path>> directoryOrAuto() {
    return scalar(
        "auto or an absolute path of a directory",
        text -> text.equals("auto") ? Optional.empty() : Optional.of(path(text)),
        value -> value.map(path -> quoted(path.toString())).orElse("auto"));
  }

  /** Placements of single devices: {@code "3:host"}. */
  static ConfigType<Map<Integer, Placement>> placements() {
    ConfigType<Placement> placement = choice(Placement.class);
    return list(
        "a list of device:placement, like [\"0:host\"], placement being " + placement.allowed(),
        texts -> {
          Map<Integer, Placement> placements = new TreeMap<>();
          for (String text : texts) {
            String[] parts = text.split(":", 2);
            if (parts.length != 2) {
              throw new IllegalArgumentException("'" + text + "' is not device:placement");
            }
            int device = (int) wholeNumber(parts[0].strip(), 0, Integer.MAX_VALUE);
            if (placements.put(device, placement.reader().apply(List.of(parts[1].strip())))
                != null) {
              throw new IllegalArgumentException("device " + device + " is listed twice");
            }
          }
          return placements;
        },
        value ->
            value.entrySet().stream()
                .map(entry -> quoted(entry.getKey() + ":" + entry.getValue().label()))
                .collect(Collectors.joining(", ", "[", "]")));
  }

  static ConfigType<Optional<Path>> optionalFile() {
    return scalar(
        "none or the absolute path of a file",
        text -> text.equals("none") ? Optional.empty() : Optional.of(path(text)),
        value -> value.map(path -> quoted(path.toString())).orElse("none"));
  }

  private static <T> ConfigType<T> scalar(
      String allowed, Function<String, T> reader, Function<T, String> writer) {
    return new ConfigType<>(allowed, false, texts -> reader.apply(texts.get(0).strip()), writer);
  }

  private static <T> ConfigType<T> list(
      String allowed, Function<List<String>, T> reader, Function<T, String> writer) {
    return new ConfigType<>(allowed, true, texts -> reader.apply(splitAtCommas(texts)), writer);
  }

  private static List<String> splitAtCommas(List<String> texts) {
    List<String> parts = new ArrayList<>();
    for (String text : texts) {
      for (String part : text.split(",", -1)) {
        if (!part.isBlank()) {
          parts.add(part.strip());
        } else if (!text.isBlank()) {
          throw new IllegalArgumentException("'" + text + "' has an empty entry");
        }
      }
    }
    return parts;
  }

  private static long wholeNumber(String text, long min, long max) {
    long value;
    try {
      value = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a whole number", e);
    }
    return inRange(value, min, max, text);
  }

  private static long inRange(long value, long min, long max, String text) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "'" + text + "' is too " + (value < min ? "small" : "large"));
    }
    return value;
  }

  private static Path path(String text) {
    try {
      Path path = Path.of(text);
      if (!path.isAbsolute() || path.getFileName() == null) {
        throw new IllegalArgumentException("'" + text + "' is not an absolute path");
      }
      return path;
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + text + "' is not a path", e);
    }
  }

  static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String bracketed(Collection<Integer> values) {
    return values.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
  }
}
