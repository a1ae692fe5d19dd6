package dev.sluice.device.lane;

import java.util.List;

/** Where the buffers were when refill found a free queue empty. */
public enum Shortage {
  /** Spare, with refill itself. */
  SPARE_AT_HAND,
  /** Mostly published by the device and not yet drained from the ready queue. */
  NOT_DRAINED,
  /** Mostly with collectors that had not returned them. */
  NOT_RETURNED;

  /** Cached, since {@code values()} allocates. */
  public static final List<Shortage> ALL = List.of(values());
}
