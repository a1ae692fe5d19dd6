package dev.sluice.device;

import dev.sluice.bridge.ArenaLocks;
import dev.sluice.config.Placement;

/** The memory behind an arena, by placement. Owned by the {@link Arena}. */
interface ArenaBacking {
  Placement placement();

  DeviceMemory memory();

  /** Size with rounding. */
  long bytes();

  Handover handover();

  /** Which threads may write. */
  ArenaLocks locks();

  boolean hasHugePages();

  boolean isLocked();

  /** What the host could not give, or had to choose, for people; empty if nothing. */
  String notice();

  /** Why the memory can no longer be used, one line; empty while it can. Any thread. */
  String failure();

  /** The device is known to have failed: its memory is left alone from now on. Any thread. */
  void giveUp(String cause);

  /**
   * Asks the device whether the memory is still there, where only asking shows it. May take as long
   * as the device likes.
   *
   * @return why it is not, one line; empty if it is, or if there is nothing to ask
   */
  String probe();

  /**
   * Gives the memory back. Idempotent.
   *
   * @return what could not be given back and why, one line; empty if nothing
   */
  String release();
}
