package dev.sluice.device.lane;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.PoolLayout;
import dev.sluice.device.ControlWords;
import dev.sluice.device.DeviceMemory;

/**
 * One pool's free queue as refill sees it: the host's own tail, which buffer lies in which slot,
 * and what refill still owes to the pool. Used by one refill agent.
 *
 * <p>Indices run free modulo 2^32; a difference is a depth.
 */
final class FreeLane {
  private final DeviceMemory memory;
  private final PoolLayout layout;
  private final int pool;
  private final BufferKind kind;
  private final int offset;
  private final int quota;
  private final int[] slotBuffers;

  private int tail;
  private int lastHead;
  private int lastDropped;
  private int popped;

  /** Hints not yet answered with a buffer, and since when the oldest may wait. */
  int owed;

  long owedSinceNs;

  /** Whether refill looks at this lane in every cycle. */
  boolean isAwaited;

  /** Whether the present debt had to wait for a buffer to come back, too. */
  boolean isShort;

  /** Since when the device seems to wait for a buffer of this pool; 0 if it does not. */
  // When it was last seen with a buffer in it.
  long filledNs;

  long stalledSinceNs;

  /** What refill found when the free queue was last empty; null if it holds something since. */
  Shortage shortage;

  /** Buffers of which the drain has told, since the run began; wraps. */
  int hinted;

  /** Buffers that came back from collectors, since the run began; wraps. */
  int returned;

  /** The last head that was out of range, so that one wild value is counted once. */
  boolean isHeadBad;

  FreeLane(
      DeviceMemory memory, PoolLayout layout, int pool, BufferKind kind, int offset, int quota) {
    this.memory = memory;
    this.layout = layout;
    this.pool = pool;
    this.kind = kind;
    this.offset = offset;
    this.quota = quota;
    this.slotBuffers = new int[layout.slotCount()];
    this.tail = memory.loadInt(offset + layout.tailOffset());
    this.lastHead = tail;
  }

  /** Goes on with the buffers that lie in the slots, from the device's head on. */
  void resume(int[] inSlots) {
    lastHead = tail - inSlots.length;
    for (int i = 0; i < inSlots.length; i++) {
      slotBuffers[(lastHead + i) & (slotBuffers.length - 1)] = inSlots[i];
    }
    lastDropped = memory.loadInt(offset + layout.droppedRecordCountOffset());
  }

  int pool() {
    return pool;
  }

  BufferKind kind() {
    return kind;
  }

  /** How many slots refill keeps filled. */
  int target() {
    return Math.min(layout.slotCount(), quota);
  }

  int headAcquireUntrusted(ControlWords from) {
    return from.loadIntAcquire(offset + layout.headOffset());
  }

  /** Whether a head can be true: not behind the last one, not ahead of the tail. */
  boolean isHead(int headUntrusted) {
    return headUntrusted - lastHead >= 0 && tail - headUntrusted >= 0;
  }

  int lastHead() {
    return lastHead;
  }

  /** Steps over one slot that the device has popped; returns its buffer. */
  int notePopped() {
    popped++;
    return slotBuffers[lastHead++ & (slotBuffers.length - 1)];
  }

  /** Buffers that the device took, as of the last head, since the run began; wraps. */
  int popped() {
    return popped;
  }

  /** By how much the device's count of dropped records grew; 0 if it makes no sense. */
  int droppedSinceLastAsked(ControlWords from) {
    int now = from.loadIntAcquire(offset + layout.droppedRecordCountOffset());
    int more = now - lastDropped;
    lastDropped = now;
    return Math.max(0, more);
  }

  /** Filled slots, as of the last head. */
  int depth() {
    return tail - lastHead;
  }

  int tail() {
    return tail;
  }

  /** Writes a slot; the device sees it after {@link #publishTailRelease}. */
  void push(int buffer, long deviceAddress) {
    slotBuffers[tail & (slotBuffers.length - 1)] = buffer;
    memory.storeLong(offset + layout.slotOffset(tail), deviceAddress);
    tail++;
  }

  void publishTailRelease() {
    memory.storeIntRelease(offset + layout.tailOffset(), tail);
  }

  /**
   * Whether an empty free queue stops the device right now, where it can be seen (abi.md 4.2 to
   * 4.4): without a current buffer, or, for AICore, whose current buffer stays until the rotation,
   * with a dispatch count at the boundary.
   */
  boolean looksStalled(int recordsPerBuffer, ControlWords from) {
    int total = from.loadIntAcquire(offset + layout.totalRecordCountOffset());
    if (total == 0) {
      return false;
    }
    return kind == BufferKind.AICORE_TASK
        ? total % recordsPerBuffer == 0
        : from.loadLongAcquire(offset + layout.currentBufPtrOffset()) == 0;
  }
}
