package dev.sluice.testkit;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The reference configuration with a few keys changed, independent of the environment. Captures are
 * off; tests that need one set a directory.
 */
public final class TestSettings {
  private TestSettings() {}

  /**
   * @param overrides {@code key=value}, as on the command line
   */
  public static Settings with(String... overrides) {
    List<String> all = new ArrayList<>(List.of("sluice.capture.enabled=false"));
    all.addAll(List.of(overrides));
    return Configuration.load(new ConfigSources(Optional.empty(), Map.of(), all)).settings();
  }
}
