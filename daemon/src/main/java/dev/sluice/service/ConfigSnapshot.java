package dev.sluice.service;

import java.time.Instant;
import java.util.List;

/**
 * How the daemon's configuration stands.
 *
 * @param isLastReloadSuccessful also true before the first reload
 * @param lastSuccess when what is in force was read
 * @param failures reloads that were refused, since the start
 * @param restartRequired keys whose value on disk is not the one that runs
 * @param error why the last reload was refused, one line; empty if it was not
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

  /** Read once, at that time, and never again. */
  public static ConfigSnapshot readAt(Instant time) {
    return new ConfigSnapshot(true, time, 0, List.of(), "");
  }
}
