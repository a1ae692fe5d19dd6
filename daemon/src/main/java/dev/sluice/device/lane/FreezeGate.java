package dev.sluice.device.lane;

import dev.sluice.abi.Layout;
import dev.sluice.counters.CounterArray;
import dev.sluice.device.DeviceMemory;

/**
 * The host half of the third generation's freeze (abi.md 4.10): when a lane says it is contended,
 * all lanes are parked together until everything is drained and refilled, so that their gaps in the
 * timeline coincide.
 *
 * <p>Off by default: the device only ever waits for space and for slots, so a host that drains and
 * refills need not open a freeze, and without one none of the device's 30 s timers runs (appendix
 * C5). Stepped by the refill agent, which is the one writer of the flags.
 */
public final class FreezeGate {
  /** Freezes opened because a ready queue was contended. */
  public static final int PUSH_FREEZES = 0;

  /** Freezes opened because a free queue was contended. */
  public static final int POP_FREEZES = 1;

  /** Freezes that were released after the longest time, though not everything was drained. */
  public static final int EXPIRED = 2;

  // A run is killed by its own watchdog after some ten seconds without progress (abi.md 1.1).
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

  /** Never opens a freeze. */
  public static FreezeGate never(DeviceMemory memory, Layout layout) {
    return new FreezeGate(memory, layout, false);
  }

  /** Opens and releases freezes; on a generation without them it does nothing. */
  public static FreezeGate cycling(DeviceMemory memory, Layout layout) {
    return new FreezeGate(memory, layout, true);
  }

  /**
   * Opens or releases, after a sweep.
   *
   * <p>One that lasts too long, behind a slow disk or a tail that makes no sense, is released: the
   * lanes wait for themselves then, until everything was drained once.
   *
   * @param pushed what the sweep pushed; a freeze is released after one that could push nothing
   *     more
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
      // The freeze first: a waiter on "contended or frozen" must never see neither.
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

  /** Ends an open freeze: the lanes go on. Also called when the session ends. */
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

  /** Ends a freeze that the host before this one left open. */
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

  /** Counters by the constants of this class. */
  public CounterArray counters() {
    return counters;
  }
}
