package dev.sluice.service;

import java.util.List;

/**
 * The recorded drops.
 *
 * @param totalEvents since the daemon started; may exceed the recorded ones
 * @param keptEvents maximum number of recorded events
 * @param events newest first
 */
public record DropsSnapshot(long totalEvents, int keptEvents, List<DropEventSnapshot> events) {
  /** No drop yet. */
  public static final DropsSnapshot NONE = new DropsSnapshot(0, 0, List.of());

  public DropsSnapshot {
    events = List.copyOf(events);
  }
}
