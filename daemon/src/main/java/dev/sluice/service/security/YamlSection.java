package dev.sluice.service.security;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A mapping of {@code web-config.yml}, and its name in errors. Reports missing values and wrong
 * types; {@link WebConfigReader} interprets the values.
 */
final class YamlSection {
  private final String path;
  private final Map<?, ?> entries;

  YamlSection(String path, Object value) throws WebConfigException {
    this.path = path;
    if (!(value instanceof Map<?, ?> map)) {
      throw new WebConfigException(
          (path.isEmpty() ? "the file" : path) + " must be keys with values");
    }
    entries = map;
  }

  List<String> keys() {
    return entries.keySet().stream().map(String::valueOf).toList();
  }

  void only(String... known) throws WebConfigException {
    for (String key : keys()) {
      if (!Arrays.asList(known).contains(key)) {
        throw wrong(key, "is unknown; allowed are " + String.join(", ", known));
      }
    }
  }

  private Object value(String key) {
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      if (String.valueOf(entry.getKey()).equals(key)) {
        return entry.getValue();
      }
    }
    return null;
  }

  Optional<YamlSection> section(String key) throws WebConfigException {
    Object value = value(key);
    return value == null ? Optional.empty() : Optional.of(new YamlSection(named(key), value));
  }

  Optional<String> text(String key) throws WebConfigException {
    Object value = value(key);
    if (value instanceof Map || value instanceof List) {
      throw wrong(key, "must be one value");
    }
    return value == null || value.toString().isEmpty()
        ? Optional.empty()
        : Optional.of(value.toString());
  }

  void bool(String key) throws WebConfigException {
    Object value = value(key);
    if (value != null && !(value instanceof Boolean)) {
      throw wrong(key, "must be true or false");
    }
  }

  List<String> list(String key) throws WebConfigException {
    Object value = value(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw wrong(key, "must be a list");
    }
    return list.stream().map(String::valueOf).toList();
  }

  WebConfigException wrong(String key, String why) {
    return new WebConfigException(named(key) + ": " + why);
  }

  private String named(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
