package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Checks config/sluice.conf, the commented reference, against the key declarations. */
class ConfigReferenceTest {
  private static final Path REFERENCE =
      Path.of(System.getProperty("basedir", "."), "..", "config", "sluice.conf");

  @Test
  void shouldHoldExactlyTheDeclaredKeys() {
    Config reference = ConfigFactory.parseFile(REFERENCE.toFile());
    Set<String> inFile =
        reference.entrySet().stream()
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> declared =
        ConfigKeys.all().stream()
            .map(ConfigKey::path)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(declared, inFile);
  }

  @Test
  void shouldExplainEveryKeyOrItsSection() {
    Config reference = ConfigFactory.parseFile(REFERENCE.toFile());
    for (ConfigKey<?> key : ConfigKeys.all()) {
      String section = key.path().substring(0, key.path().lastIndexOf('.'));
      boolean isExplained =
          !reference.getValue(key.path()).origin().comments().isEmpty()
              || !reference.getValue(section).origin().comments().isEmpty()
              || key.equals(
                  ConfigKeys.ARENA_LOCK_MEMORY) // documented together with the preceding key
              || key.equals(ConfigKeys.IDLE_YIELD);
      assertTrue(isExplained, key.path() + " has no comment in config/sluice.conf");
    }
  }

  @Test
  void shouldBeWhatIsBuiltIn() {
    String builtIn = Configuration.load(ConfigSources.none()).render();
    Configuration file =
        Configuration.load(new ConfigSources(Optional.of(REFERENCE), Map.of(), List.of()));
    assertEquals(valuesOf(builtIn), valuesOf(file.render()));
  }

  @Test
  void shouldHaveNoTabsAndNoLongLines() throws IOException {
    for (String line : Files.readAllLines(REFERENCE)) {
      assertFalse(line.contains("\t"), line);
      assertTrue(line.length() <= 100, line);
    }
  }

  private static List<String> valuesOf(String rendered) {
    return rendered.lines().map(line -> line.substring(0, line.indexOf(" #")).strip()).toList();
  }
}
