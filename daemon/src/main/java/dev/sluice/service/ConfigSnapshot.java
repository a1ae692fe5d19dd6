package dev.sluice.service;

import java.time.Instant;
import java.util.List;

/**
 * State of the daemon's configuration.
 *
 * @param isLastReloadSuccessful also true before the first reload
 * @param lastSuccess when the active configuration was read
 * @param failures refused reloads since the start
 * @param restartRequired keys whose value on disk differs from the running one
 * @param error why the last reload was refused, one line; empty if it succeeded
 */
public record ConfigSnapshot(
    boolean isLastReloadSuccessful,
    Instant lastSuccess,
    long failures,
    List<String> restartRequired,
    String error) {
  public ConfigSnapshot {
    restartRequired = List.copyOf(restartRequired);
  }

  /** Returns the state of a configuration that was read at that time and never reloaded. */
  public static ConfigSnapshot readAt(Instant time) {
    return new ConfigSnapshot(true, time, 0, List.of(), "");
  }
}
