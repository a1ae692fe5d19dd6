package dev.sluice.config;

import java.util.List;

/**
 * {@code sluice.refill}: the agents that fill the free queues.
 *
 * @param sweepIntervalNanos interval of checks of every pool, hinted or not
 * @param cpus CPU ids to pin refill threads to; empty leaves them to the scheduler
 */
public record RefillSettings(long sweepIntervalNanos, FreezePolicy freeze, List<Integer> cpus) {
  public RefillSettings {
    cpus = List.copyOf(cpus);
  }
}
