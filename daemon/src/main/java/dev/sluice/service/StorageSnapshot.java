package dev.sluice.service;

import java.util.Map;

/**
 * All captures since the daemon started, at one moment. Counters never decrease.
 *
 * @param lostRecords collected but never captured, by {@link Labels#CAPTURE_LOSS_REASONS}
 * @param errors disk failures, by the same reasons
 * @param retentionFailures failures of retention to list or remove a file
 * @param retainedBytes size of captures and snapshots on disk
 * @param quotaBytes limit of that size, beyond which the oldest is removed
 * @param writing {@code direct} or {@code buffered}; empty before the first capture
 * @param refusal why writing is not direct; empty if it is
 */
public record StorageSnapshot(
    long writtenBytes,
    Map<String, Long> lostRecords,
    Map<String, Long> errors,
    long retentionFailures,
    long retainedBytes,
    long quotaBytes,
    String writing,
    String refusal) {
  /** Nothing was captured. */
  public static final StorageSnapshot NONE =
      new StorageSnapshot(0, Map.of(), Map.of(), 0, 0, 0, "", "");

  public StorageSnapshot {
    lostRecords = Map.copyOf(lostRecords);
    errors = Map.copyOf(errors);
  }
}
