package dev.sluice.device.lane;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.PoolLayout;
import dev.sluice.device.ControlWords;
import dev.sluice.device.DeviceMemory;

/**
 * One pool's free queue from refill's side: the host's own tail, the buffer in each slot, and the
 * replacements refill owes to the pool. Used by one refill agent.
 *
 * <p>Indices run freely modulo 2^32; a difference is a depth.
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

  /** Hints not yet answered with a buffer; the oldest may wait since {@link #owedSinceNs}. */
  int owed;

  long owedSinceNs;

  /** Whether refill checks this lane in every cycle. */
  boolean isAwaited;

  /** Whether the present debt also had to wait for a buffer to come back. */
  boolean isShort;

  /** When a buffer was last seen in it. */
  long filledNs;

  /** Since when the device seems to wait for a buffer of this pool; 0 if it does not. */
  long stalledSinceNs;

  /** What refill found when the free queue was last empty; null once it holds a buffer again. */
  Shortage shortage;

  /** Buffers that the drain has reported since the run began; wraps. */
  int hinted;

  /** Buffers returned by collectors since the run began; wraps. */
  int returned;

  /** Whether the last head was out of range, so that one wild value is counted once. */
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

  /** Continues with the buffers in the slots, starting at the device's head. */
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

  /** Returns how many slots refill keeps filled. */
  int target() {
    return Math.min(layout.slotCount(), quota);
  }

  int headAcquireUntrusted(ControlWords from) {
    return from.loadIntAcquire(offset + layout.headOffset());
  }

  /** Whether a head is plausible: not behind the last one, not ahead of the tail. */
  boolean isHead(int headUntrusted) {
    return headUntrusted - lastHead >= 0 && tail - headUntrusted >= 0;
  }

  int lastHead() {
    return lastHead;
  }

  /** Advances over one slot that the device has popped; returns its buffer. */
  int notePopped() {
    popped++;
    return slotBuffers[lastHead++ & (slotBuffers.length - 1)];
  }

  /** Returns the buffers popped since the run began, as of the last head; wraps. */
  int popped() {
    return popped;
  }

  /** Returns the growth of the device's dropped count since the last call; 0 if implausible. */
  int droppedSinceLastAsked(ControlWords from) {
    int now = from.loadIntAcquire(offset + layout.droppedRecordCountOffset());
    int more = now - lastDropped;
    lastDropped = now;
    return Math.max(0, more);
  }

  /** Returns the filled slots as of the last head. */
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
   * Whether an empty free queue blocks the device now, as far as its counters show (abi.md,
   * Protocol): it has no current buffer or, for AICore, whose current buffer stays until the
   * rotation, its dispatch count is at the boundary.
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
