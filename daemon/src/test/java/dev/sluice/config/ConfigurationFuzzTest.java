package dev.sluice.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Corpus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Any configuration file and any {@code --set} is either refused in one line, or its effective
 * values reload to themselves.
 */
public final class ConfigurationFuzzTest {
  private static final String SET = "--set ";
  private static final Path FILE = file();

  private static int loaded;

  @Test
  void shouldLoadOrRefuseWhateverIsConfigured() {
    Corpus.replay("configuration", 40, ConfigurationFuzzTest::fuzzerTestOneInput);
    assertTrue(loaded > 10, "loaded: " + loaded);
  }

  private static Path file() {
    try {
      Path file = Files.createTempFile("sluice-fuzz", ".conf");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Entry point for Jazzer: lines starting with {@code --set} are options, the rest is the file.
   */
  public static void fuzzerTestOneInput(byte[] input) throws IOException {
    String text = new String(input, StandardCharsets.UTF_8);
    if (text.contains("include")) {
      return; // would read arbitrary files that the input names
    }
    List<String> options = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    for (String line : text.lines().toList()) {
      if (line.startsWith(SET)) {
        options.add(line.substring(SET.length()));
      } else {
        lines.append(line).append('\n');
      }
    }
    Files.writeString(FILE, lines);
    try {
      Configuration configuration =
          Configuration.load(new ConfigSources(Optional.of(FILE), Map.of(), options));
      loaded++;
      Files.writeString(FILE, configuration.render());
      Configuration again =
          Configuration.load(new ConfigSources(Optional.of(FILE), Map.of(), List.of()));
      assertEquals(List.of(), configuration.changed(again), text);
    } catch (SettingsException e) {
      String message = e.getMessage();
      assertFalse(message.isBlank() || message.lines().count() != 1, message);
    }
  }
}
