package dev.sluice.config;

import java.util.List;

/**
 * {@code sluice.drain}: the agents that empty the ready queues.
 *
 * @param batchEntries entries to take from one ready queue before moving to the next
 * @param groups drain agents per session, which divide its ready queues
 * @param handoffEntries slots of the ring to a collector; 0 for as many as the arena has buffers
 * @param cpus CPU ids to pin drain threads to; empty leaves them to the scheduler
 * @param nice scheduling priority of the agent threads, -20 to 19; 0 leaves it unchanged
 * @param realtime whether agent threads that nap may run in the real-time class
 */
public record DrainSettings(
    int batchEntries,
    int groups,
    int handoffEntries,
    List<Integer> cpus,
    int nice,
    boolean realtime,
    IdleSettings idle) {
  public DrainSettings {
    cpus = List.copyOf(cpus);
  }
}
