package dev.sluice.service;

import java.util.List;

/**
 * What is kept of dropped records.
 *
 * @param totalEvents since the daemon started; more than are kept
 * @param keptEvents how many are kept at most
 * @param events newest first
 */
public record DropsSnapshot(long totalEvents, int keptEvents, List<DropEventSnapshot> events) {
  /** No drop yet. */
  public static final DropsSnapshot NONE = new DropsSnapshot(0, 0, List.of());

  public DropsSnapshot {
    events = List.copyOf(events);
  }
}
