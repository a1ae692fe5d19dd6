package dev.sluice.device.lane;

import dev.sluice.abi.Layout;
import dev.sluice.counters.CounterArray;
import dev.sluice.device.DeviceMemory;

/**
 * The host's half of the freeze protocol (abi.md, Freeze): when a lane reports contention, all
 * lanes are parked together until everything is drained and refilled, so that their gaps in the
 * timeline coincide.
 *
 * <p>Off by default: the device waits only for space and for slots, so a host that drains and
 * refills need not open a freeze, and without one none of the device's 30 s timers runs (abi.md,
 * rule C5). Stepped by the refill agent, the only writer of the flags.
 */
public final class FreezeGate {
  /** Freezes opened because a ready queue was contended. */
  public static final int PUSH_FREEZES = 0;

  /** Freezes opened because a free queue was contended. */
  public static final int POP_FREEZES = 1;

  /** Freezes released after the maximum time, before everything was drained. */
  public static final int EXPIRED = 2;

  // A run's own watchdog kills it after about ten seconds without progress.
  private static final long LONGEST_NANOS = 2_000_000_000;

  private final DeviceMemory memory;
  private final Layout layout;
  private final boolean isEnabled;
  private final CounterArray counters = new CounterArray(3);
  private boolean isPushFrozen;
  private boolean isPopFrozen;
  private long sinceNs;
  private boolean isExpired;

  private FreezeGate(DeviceMemory memory, Layout layout, boolean isEnabled) {
    this.memory = memory;
    this.layout = layout;
    this.isEnabled = isEnabled && layout.facts().hasBackpressureBlock();
  }

  /** Returns a gate that never opens a freeze. */
  public static FreezeGate never(DeviceMemory memory, Layout layout) {
    return new FreezeGate(memory, layout, false);
  }

  /** Returns a gate that opens and releases freezes; no-op on layouts without them. */
  public static FreezeGate cycling(DeviceMemory memory, Layout layout) {
    return new FreezeGate(memory, layout, true);
  }

  /**
   * Opens or releases a freeze, after a sweep.
   *
   * <p>A freeze that lasts too long, because of a slow disk or an implausible tail, is released:
   * the lanes then wait individually until everything has been drained once.
   *
   * @param pushed buffers pushed by the sweep; a freeze is released after a sweep that pushed none
   */
  void step(int pushed, long nowNs) {
    if (!isEnabled) {
      return;
    }
    if (isExpired) {
      isExpired = pushed != 0 || !isDrained();
      return;
    }
    if (!isPushFrozen && !isPopFrozen) {
      sinceNs = nowNs;
    }
    if (!isPushFrozen && memory.loadIntAcquire(layout.rqContendedOffset()) != 0) {
      // Set the freeze first: a waiter on "contended or frozen" must never see neither.
      memory.storeIntRelease(layout.rqFreezeActiveOffset(), 1);
      memory.storeIntRelease(layout.rqContendedOffset(), 0);
      isPushFrozen = true;
      counters.increment(PUSH_FREEZES);
    }
    if (!isPopFrozen && memory.loadIntAcquire(layout.fqContendedOffset()) != 0) {
      memory.storeIntRelease(layout.fqFreezeActiveOffset(), 1);
      memory.storeIntRelease(layout.fqContendedOffset(), 0);
      isPopFrozen = true;
      counters.increment(POP_FREEZES);
    }
    if ((isPushFrozen || isPopFrozen) && pushed == 0 && isDrained()) {
      release();
    } else if ((isPushFrozen || isPopFrozen) && nowNs - sinceNs > LONGEST_NANOS) {
      counters.increment(EXPIRED);
      isExpired = true;
      release();
    }
  }

  /** Ends an open freeze, so the lanes continue. Also called when the session ends. */
  public void release() {
    if (isPushFrozen) {
      memory.storeIntRelease(layout.rqFreezeActiveOffset(), 0);
      isPushFrozen = false;
    }
    if (isPopFrozen) {
      memory.storeIntRelease(layout.fqFreezeActiveOffset(), 0);
      isPopFrozen = false;
    }
  }

  /** Ends a freeze that the previous host left open. */
  void releaseLeft() {
    if (layout.facts().hasBackpressureBlock()) {
      isPushFrozen = true;
      isPopFrozen = true;
      release();
    }
  }

  private boolean isDrained() {
    for (int queue = 0; queue < layout.queueCount(); queue++) {
      if (memory.loadIntAcquire(layout.queueTailOffset(queue))
          != memory.loadIntAcquire(layout.queueHeadOffset(queue))) {
        return false;
      }
    }
    return true;
  }

  /** Returns the counters, by the constants of this class. */
  public CounterArray counters() {
    return counters;
  }
}
