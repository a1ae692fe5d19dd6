package dev.sluice.device;

import dev.sluice.abi.Region;
import dev.sluice.abi.RegionLayout;

/**
 * Where one ready queue lies in an arena.
 *
 * @param number among those of all regions; of the swimlane that of the AICPU thread
 * @param thread the AICPU thread that fills it
 * @param offset of its region
 */
public record ReadyQueue(int number, Region region, int thread, RegionLayout layout, int offset) {
  /** Arena offset of an entry. */
  public int entryOffset(int index) {
    return offset + layout.entryOffset(thread, index);
  }

  /** Arena offset of the host's index. */
  public int headOffset() {
    return offset + layout.queueHeadOffset(thread);
  }

  /** Arena offset of the device's index. */
  public int tailOffset() {
    return offset + layout.queueTailOffset(thread);
  }

  /** Entries; one of them always stays empty. */
  public int entries() {
    return layout.queueEntries();
  }

  /** Entries from a head to a tail, both of them in range. */
  public int fill(int head, int tail) {
    int fill = tail - head;
    return fill < 0 ? fill + entries() : fill;
  }
}
