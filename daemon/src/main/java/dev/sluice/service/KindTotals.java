package dev.sluice.service;

import java.util.Map;

/**
 * Accounting of one kind, in records unless a name says bytes: produced = collected + dropped +
 * salvaged + never started + in flight + unaccounted.
 *
 * @param deviceRecords records that the device set out to write
 * @param droppedRecords by cause, {@link Labels#DROP_CAUSES}
 * @param neverStartedRecords of AICore tasks that were dispatched but never started
 * @param unaccountedRecords the remainder; 0 unless the device or the daemon is wrong
 * @param inFlightRecords written but not yet collected
 */
public record KindTotals(
    long deviceRecords,
    long collectedRecords,
    long collectedBytes,
    Map<String, Long> droppedRecords,
    long salvagedRecords,
    long neverStartedRecords,
    long unaccountedRecords,
    long inFlightRecords) {
  public static final KindTotals ZERO = new KindTotals(0, 0, 0, Map.of(), 0, 0, 0, 0);

  public KindTotals {
    droppedRecords = Map.copyOf(droppedRecords);
  }
}
