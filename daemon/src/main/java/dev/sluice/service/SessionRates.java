package dev.sluice.service;

import java.util.Map;

/**
 * Rates of a session over the last interval of {@link RateHistory}.
 *
 * @param collectedBytes bytes of records
 * @param droppedRecords records
 * @param tasks completed tasks, by {@link Labels#CORE_TYPES}
 * @param busyCores average number of busy cores over that time
 */
public record SessionRates(
    double collectedBytes,
    double droppedRecords,
    Map<String, Double> tasks,
    Map<String, Double> busyCores) {
  /** For a session that has ended or was not measured yet. */
  public static final SessionRates NONE = new SessionRates(0, 0, Map.of(), Map.of());

  public SessionRates {
    tasks = Map.copyOf(tasks);
    busyCores = Map.copyOf(busyCores);
  }
}
