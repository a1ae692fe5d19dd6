package dev.sluice.config;

import java.util.List;

/**
 * {@code sluice.collector}: the agents that copy records out of the buffers.
 *
 * @param shards collectors per session
 * @param taskStatistics whether the encoder of a capture also collects task statistics
 * @param cpus CPU ids to pin collector threads to; empty leaves them to the scheduler
 */
public record CollectorSettings(
    int shards, Verification verifySynthetic, boolean taskStatistics, List<Integer> cpus) {
  public CollectorSettings {
    cpus = List.copyOf(cpus);
  }
}
