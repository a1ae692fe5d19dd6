package dev.sluice.device.lane;

import dev.sluice.abi.Layout;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.device.DeviceMemory;

/**
 * One ready queue as its drain sees it: the host's own head, and accessors whose names carry the
 * memory order. Used by one drain agent.
 */
final class ReadyLane {
  private final DeviceMemory memory;
  private final Layout layout;
  private final int queue;
  private final int headOffset;
  private final int tailOffset;
  private final int entries;

  private int head;

  /** Until this moment the queue was known to be empty. */
  long caughtUpNs;

  /** Since when the entry at the head looks torn; 0 is not. */
  long tornSinceNs;

  /** Since when the entry at the head waits for an older one of its pool; 0 is not. */
  long heldSinceNs;

  /** Whole passes over all queues when that began. */
  int heldPass;

  /** The last tail that was out of range, so that one wild value is counted once. */
  int badTail = -1;

  ReadyLane(DeviceMemory memory, Layout layout, int queue, long nowNs) {
    this.memory = memory;
    this.layout = layout;
    this.queue = queue;
    this.headOffset = layout.queueHeadOffset(queue);
    this.tailOffset = layout.queueTailOffset(queue);
    this.entries = layout.queueEntries();
    this.head = memory.loadInt(headOffset);
    this.caughtUpNs = nowNs;
  }

  int queue() {
    return queue;
  }

  int head() {
    return head;
  }

  int tailAcquireUntrusted() {
    return memory.loadIntAcquire(tailOffset);
  }

  boolean isIndex(int indexUntrusted) {
    return indexUntrusted >= 0 && indexUntrusted < entries;
  }

  /** Entries between head and a checked tail. */
  int fill(int tail) {
    return layout.queueFill(head, tail);
  }

  /** Offset of the entry at the head. */
  int entryOffset() {
    return layout.entryOffset(queue, head);
  }

  /** Clears the pointer of the entry at the head, so that a later lap cannot show it again. */
  void clearPointer() {
    memory.storeLong(entryOffset() + ReadyEntryLayout.BUFFER_PTR_OFFSET, 0);
  }

  /** Steps over the entry at the head; the device learns of it by {@link #publishHeadRelease}. */
  void advance() {
    head = head + 1 == entries ? 0 : head + 1;
    tornSinceNs = 0;
    heldSinceNs = 0;
  }

  /** The pointer of the entry at the head was cleared: it was taken before. */
  boolean isCleared() {
    return memory.loadLong(entryOffset() + ReadyEntryLayout.BUFFER_PTR_OFFSET) == 0;
  }

  void publishHeadRelease() {
    memory.storeIntRelease(headOffset, head);
  }
}
