package dev.sluice.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Refuses keys that mean nothing, and says which one was probably meant. */
final class UnknownKeys {
  private UnknownKeys() {}

  /**
   * @param known paths of all keys that mean something
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
                + ", did you mean "
                + nearest(path, known)
                + "?");
      }
    }
  }

  /**
   * The candidate with the fewest edits, whether all of it was meant or only its beginning was
   * typed; among equals the first by name.
   */
  static String nearest(String name, Collection<String> candidates) {
    return candidates.stream()
        .min(
            Comparator.comparingInt((String candidate) -> effort(name, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .orElseThrow();
  }

  private static int effort(String name, String candidate) {
    String beginning = candidate.substring(0, Math.min(name.length(), candidate.length()));
    return Math.min(distance(name, candidate), 1 + distance(name, beginning));
  }

  /** Levenshtein: insertions, deletions and replacements of one character. */
  static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
