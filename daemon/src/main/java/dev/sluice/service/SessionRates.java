package dev.sluice.service;

import java.util.Map;

/**
 * What a session does per second, over the last interval of {@link RateHistory}.
 *
 * @param collectedBytes bytes of records
 * @param droppedRecords records
 * @param tasks tasks that cores ended, by {@link Labels#CORE_TYPES}
 * @param busyCores cores that were busy on average, of the same time
 */
public record SessionRates(
    double collectedBytes,
    double droppedRecords,
    Map<String, Double> tasks,
    Map<String, Double> busyCores) {
  /** Of a session that is over, or was not measured yet. */
  public static final SessionRates NONE = new SessionRates(0, 0, Map.of(), Map.of());

  public SessionRates {
    tasks = Map.copyOf(tasks);
    busyCores = Map.copyOf(busyCores);
  }
}
