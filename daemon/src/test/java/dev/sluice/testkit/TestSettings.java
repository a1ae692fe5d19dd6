package dev.sluice.testkit;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The reference configuration with a few keys changed, whatever the environment says. */
public final class TestSettings {
  private TestSettings() {}

  /**
   * @param overrides as on the command line, {@code key=value}
   */
  public static Settings with(String... overrides) {
    return Configuration.load(new ConfigSources(Optional.empty(), Map.of(), List.of(overrides)))
        .settings();
  }
}
