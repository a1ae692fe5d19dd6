package dev.sluice.testkit;

import dev.sluice.config.ConfigSources;
import dev.sluice.config.Configuration;
import dev.sluice.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The reference configuration with a few keys changed, whatever the environment says. Nothing is
 * captured: who tests captures says where to.
 */
public final class TestSettings {
  private TestSettings() {}

  /**
   * @param overrides as on the command line, {@code key=value}
   */
  public static Settings with(String... overrides) {
    List<String> all = new ArrayList<>(List.of("sluice.capture.enabled=false"));
    all.addAll(List.of(overrides));
    return Configuration.load(new ConfigSources(Optional.empty(), Map.of(), all)).settings();
  }
}
