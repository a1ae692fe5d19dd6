package dev.sluice.device;

import dev.sluice.config.Placement;

/** The memory behind an arena, by placement. Owned by the {@link Arena}. */
interface ArenaBacking {
  Placement placement();

  DeviceMemory memory();

  /** Size with rounding. */
  long bytes();

  Handover handover();

  boolean hasHugePages();

  boolean isLocked();

  /** What the host could not give, or had to choose, for people; empty if nothing. */
  String notice();

  /** Why the memory can no longer be reached, one line; empty while it can. */
  String failure();

  /**
   * Gives the memory back. Idempotent.
   *
   * @return what could not be given back and why, one line; empty if nothing
   */
  String release();
}
