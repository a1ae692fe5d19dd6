package dev.sluice.device;

import dev.sluice.bridge.ArenaLocks;
import dev.sluice.config.Placement;

/** The memory of an arena in one placement. Owned by the {@link Arena}. */
interface ArenaBacking {
  Placement placement();

  DeviceMemory memory();

  /** Returns the size including rounding. */
  long bytes();

  Handover handover();

  /** Returns the locks that show which threads write. */
  ArenaLocks locks();

  boolean hasHugePages();

  boolean isLocked();

  /** Returns what the host could not provide or had to choose, for display; empty if nothing. */
  String notice();

  /** Returns why the memory is unusable, one line; empty while it is usable. Any thread. */
  String failure();

  /** Marks the device as failed: its memory is not accessed from now on. Any thread. */
  void giveUp(String cause);

  /**
   * Checks that the device still has the memory, where only a probe shows it. May block for as long
   * as the device does.
   *
   * @return why the memory is gone, one line; empty if it is there or needs no probe
   */
  String probe();

  /**
   * Releases the memory. Idempotent.
   *
   * @return what could not be released and why, one line; empty if nothing
   */
  String release();
}
