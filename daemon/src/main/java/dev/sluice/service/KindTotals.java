package dev.sluice.service;

import java.util.Map;

/**
 * The accounting law of one kind, in records (bytes where it says so). Produced equals collected +
 * dropped + salvaged + never started + in flight + unaccounted.
 *
 * @param deviceRecords what the device set out to write
 * @param droppedRecords by cause, {@link Labels#DROP_CAUSES}
 * @param neverStartedRecords of AICore tasks that were dispatched and that no core began
 * @param unaccountedRecords what is left over; 0 unless the device or the daemon is wrong
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
