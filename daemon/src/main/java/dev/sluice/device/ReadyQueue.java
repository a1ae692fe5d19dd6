package dev.sluice.device;

import dev.sluice.abi.Region;
import dev.sluice.abi.RegionLayout;

/**
 * Location of one ready queue in an arena.
 *
 * @param number index over all regions; for the swimlane equal to {@code thread}
 * @param thread the AICPU thread that fills it
 * @param offset of its region
 */
public record ReadyQueue(int number, Region region, int thread, RegionLayout layout, int offset) {
  /** Returns the arena offset of an entry. */
  public int entryOffset(int index) {
    return offset + layout.entryOffset(thread, index);
  }

  /** Returns the arena offset of the host's index. */
  public int headOffset() {
    return offset + layout.queueHeadOffset(thread);
  }

  /** Returns the arena offset of the device's index. */
  public int tailOffset() {
    return offset + layout.queueTailOffset(thread);
  }

  /** Returns the number of entries; one always stays empty. */
  public int entries() {
    return layout.queueEntries();
  }

  /** Returns the entries from head to tail, both in range. */
  public int fill(int head, int tail) {
    int fill = tail - head;
    return fill < 0 ? fill + entries() : fill;
  }
}
