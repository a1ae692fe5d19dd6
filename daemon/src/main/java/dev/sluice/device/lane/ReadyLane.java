package dev.sluice.device.lane;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.ReadyQueue;
import java.util.List;

/**
 * One ready queue from the drain's side: the host's own head, and accessors named by their memory
 * order. Used by one drain agent.
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

  /** The last moment at which the queue was known to be empty. */
  long caughtUpNs;

  /** Since when the entry at the head has looked torn; 0 if it does not. */
  long tornSinceNs;

  /** Since when the entry at the head has waited for an older one of its pool; 0 if it does not. */
  long heldSinceNs;

  /** Value of the drain's count of whole passes when that wait began. */
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

  /** Returns its number among the queues of all regions. */
  int number() {
    return queue.number();
  }

  /** Returns the AICPU thread that fills it. */
  int thread() {
    return queue.thread();
  }

  /** Returns the number of entries it can hold. */
  int capacity() {
    return entries - 1;
  }

  /**
   * Returns the kind that an entry names, or null. In a region with one kind, the word is padding.
   */
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

  /** Returns the entries between head and a checked tail. */
  int fill(int tail) {
    return queue.fill(head, tail);
  }

  /** Returns the offset of the entry at the head. */
  int entryOffset() {
    return queue.entryOffset(head);
  }

  /** Clears the pointer of the entry at the head, so that it cannot reappear in a later lap. */
  void clearPointer() {
    memory.storeLong(entryOffset() + ReadyEntryLayout.BUFFER_PTR_OFFSET, 0);
  }

  /** Advances over the entry at the head; the device sees it after {@link #publishHeadRelease}. */
  void advance() {
    head = head + 1 == entries ? 0 : head + 1;
    tornSinceNs = 0;
    heldSinceNs = 0;
  }

  /** Whether the pointer of the entry at the head is cleared: the entry was already taken. */
  boolean isCleared() {
    return memory.loadLong(entryOffset() + ReadyEntryLayout.BUFFER_PTR_OFFSET) == 0;
  }

  void publishHeadRelease() {
    memory.storeIntRelease(headOffset, head);
  }
}
