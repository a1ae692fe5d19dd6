package dev.sluice.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Rejects unknown keys and suggests the most likely one. */
final class UnknownKeys {
  private UnknownKeys() {}

  /**
   * @param known paths of all known keys
   */
  static void refuse(ConfigObject root, Set<String> known) {
    refuse(root, "", known);
  }

  private static void refuse(ConfigObject object, String prefix, Set<String> known) {
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
      String path = prefix + entry.getKey();
      ConfigValue value = entry.getValue();
      boolean isSection = known.stream().anyMatch(key -> key.startsWith(path + "."));
      if (isSection) {
        if (!(value instanceof ConfigObject section)) {
          throw new SettingsException(
              Configuration.describe(value.origin())
                  + ": "
                  + path
                  + " is a section, write "
                  + path
                  + " { ... }");
        }
        refuse(section, path + ".", known);
      } else if (!known.contains(path)) {
        throw new SettingsException(
            Configuration.describe(value.origin())
                + ": unknown key "
                + path
                + Nearest.didYouMean(path, known));
      }
    }
  }
}
