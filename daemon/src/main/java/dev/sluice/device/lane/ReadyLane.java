package dev.sluice.device.lane;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.ReadyQueue;
import java.util.List;

/**
 * One ready queue as its drain sees it: the host's own head, and accessors whose names carry the
 * memory order. Used by one drain agent.
 */
final class ReadyLane {
  private final DeviceMemory memory;
  private final ReadyQueue queue;
  private final List<BufferKind> kinds;
  private final BufferKind onlyKind; // null if there are several
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

  ReadyLane(DeviceMemory memory, ReadyQueue queue, long nowNs) {
    this.memory = memory;
    this.queue = queue;
    this.kinds = queue.region().kinds();
    this.onlyKind = kinds.size() == 1 ? kinds.get(0) : null;
    this.headOffset = queue.headOffset();
    this.tailOffset = queue.tailOffset();
    this.entries = queue.entries();
    this.head = memory.loadInt(headOffset);
    this.caughtUpNs = nowNs;
  }

  /** Its number among the queues of all regions. */
  int number() {
    return queue.number();
  }

  /** The AICPU thread that fills it. */
  int thread() {
    return queue.thread();
  }

  /** Entries that it can hold. */
  int capacity() {
    return entries - 1;
  }

  /** The kind that an entry names, or null. Where there is one only, its word is padding. */
  BufferKind kind(int wordUntrusted) {
    if (onlyKind != null) {
      return onlyKind;
    }
    return wordUntrusted >= 0 && wordUntrusted < kinds.size() ? kinds.get(wordUntrusted) : null;
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
    return queue.fill(head, tail);
  }

  /** Offset of the entry at the head. */
  int entryOffset() {
    return queue.entryOffset(head);
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
