package dev.sluice.device.lane;

import java.util.List;

/**
 * What refill found when a free queue was empty: where the buffers were that it should have held.
 */
public enum Shortage {
  /** In refill's own hands. */
  SPARE_AT_HAND,
  /** For the most part published by the device, and not yet taken out of the ready queue. */
  NOT_DRAINED,
  /** For the most part with collectors, which had not given them back. */
  NOT_RETURNED;

  /** Cached, since {@code values()} allocates. */
  public static final List<Shortage> ALL = List.of(values());
}
