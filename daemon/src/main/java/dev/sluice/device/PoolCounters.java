package dev.sluice.device;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.PoolLayout;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The device's counters of every pool, extended from wrapping 32 bits to 64.
 *
 * <p>One thread (the janitor, later the settling thread) calls {@link #refresh} often enough that
 * no counter advances half its range in between; other threads read the last values.
 */
public final class PoolCounters {
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

  // Bounds the retries for a consistent pair of words from a device that drops continuously.
  private static final int MAX_LOOKS = 64;

  // Each retry copies all pools twice.
  private static final int MAX_COPIED_LOOKS = 4;

  private final ControlWords words;
  private final int[] offsets;
  private final PoolLayout[] layouts;
  private final int[] lastTotal;
  private final int[] lastDropped;
  private final int[] totalNow;
  private final int[] droppedNow;
  private final long[] totals;
  private final long[] dropped;
  private final boolean saturates;
  private long backwards;

  public PoolCounters(DeviceMemory memory, ArenaPlan plan) {
    this.words = memory.words(plan.poolsOffset(), plan.poolsEnd() - plan.poolsOffset());
    saturates = plan.layout().facts().hasSaturatingCounters();
    int pools = plan.poolCount();
    offsets = new int[pools];
    layouts = new PoolLayout[pools];
    lastTotal = new int[pools];
    lastDropped = new int[pools];
    totalNow = new int[pools];
    droppedNow = new int[pools];
    totals = new long[pools];
    dropped = new long[pools];
    for (int pool = 0; pool < pools; pool++) {
      offsets[pool] = plan.poolOffset(pool);
      layouts[pool] = plan.poolLayout(pool);
    }
  }

  /**
   * Reads the device's words. One thread at a time.
   *
   * <p>Reads dropped first, because a record counts as attempted before it counts as dropped. If
   * dropped moved while the total was read (this thread may have been preempted), the pair is
   * inconsistent, and the drops in between would look like missing records; the total is then read
   * again.
   *
   * <p>Where each word costs a copy, three bulk copies cover all pools.
   */
  public void refresh() {
    if (words.isLive()) {
      for (int pool = 0; pool < offsets.length; pool++) {
        refresh(pool, pool + 1);
      }
    } else {
      refresh(0, offsets.length);
    }
  }

  private void refresh(int from, int to) {
    words.refresh();
    for (int pool = from; pool < to; pool++) {
      droppedNow[pool] = droppedNow(pool);
    }
    readTotals(from, to);
    int looks = words.isLive() ? MAX_LOOKS : MAX_COPIED_LOOKS;
    for (int look = 1; look < looks && hasDroppedMore(from, to); look++) {
      readTotals(from, to);
    }
    for (int pool = from; pool < to; pool++) {
      lastDropped[pool] = extend(dropped, pool, lastDropped[pool], droppedNow[pool]);
      lastTotal[pool] = extend(totals, pool, lastTotal[pool], totalNow[pool]);
    }
  }

  private void readTotals(int from, int to) {
    words.refresh();
    for (int pool = from; pool < to; pool++) {
      totalNow[pool] = words.loadIntAcquire(offsets[pool] + layouts[pool].totalRecordCountOffset());
    }
  }

  private boolean hasDroppedMore(int from, int to) {
    words.refresh();
    boolean isMore = false;
    for (int pool = from; pool < to; pool++) {
      int droppedThen = droppedNow(pool);
      isMore |= droppedThen != droppedNow[pool];
      droppedNow[pool] = droppedThen;
    }
    return isMore;
  }

  private int droppedNow(int pool) {
    PoolLayout layout = layouts[pool];
    int now = words.loadIntAcquire(offsets[pool] + layout.droppedRecordCountOffset());
    int mismatched = layout.mismatchedRecordCountOffset();
    return mismatched < 0 ? now : now + words.loadIntAcquire(offsets[pool] + mismatched);
  }

  /** Returns a hash of all current words, which changes when any of them does. Stores nothing. */
  public long look() {
    words.refresh();
    long sum = 0;
    for (int pool = 0; pool < offsets.length; pool++) {
      sum = sum * 31 + droppedNow(pool);
      sum = sum * 31 + words.loadIntAcquire(offsets[pool] + layouts[pool].totalRecordCountOffset());
    }
    return sum;
  }

  private int extend(long[] sums, int pool, int before, int now) {
    if (saturates && Integer.compareUnsigned(now, before) >= 0) {
      ELEMENT.setRelease(sums, pool, Integer.toUnsignedLong(now)); // a run begins with zeros
      return now;
    }
    int step = now - before;
    if (saturates || step < 0) {
      // No real rate covers half the range in one interval: the word went backwards.
      backwards++;
      return before;
    }
    ELEMENT.setRelease(sums, pool, sums[pool] + step);
    return now;
  }

  /** Writes all counters, for {@link #resume}. Refreshing thread. */
  public void save(DataOutput out) throws IOException {
    for (int pool = 0; pool < offsets.length; pool++) {
      out.writeInt(lastTotal[pool]);
      out.writeInt(lastDropped[pool]);
      out.writeLong(totals[pool]);
      out.writeLong(dropped[pool]);
    }
  }

  /** Continues where another process stopped. Called before the first refresh. */
  public void resume(DataInput in) throws IOException {
    for (int pool = 0; pool < offsets.length; pool++) {
      lastTotal[pool] = in.readInt();
      lastDropped[pool] = in.readInt();
      totals[pool] = in.readLong();
      dropped[pool] = in.readLong();
    }
  }

  /**
   * Raises a total to at least this value: its word has wrapped since launch. Refreshing thread.
   */
  public void atLeast(int pool, long records) {
    long wraps = Math.max(0, records - totals[pool] + 0xFFFF_FFFFL) >>> Integer.SIZE;
    ELEMENT.setRelease(totals, pool, totals[pool] + (wraps << Integer.SIZE));
  }

  /** Returns the records that the device set out to write to this pool since launch. Any thread. */
  public long total(int pool) {
    return (long) ELEMENT.getAcquire(totals, pool);
  }

  /** Returns the records that the device dropped or could not match since launch. Any thread. */
  public long dropped(int pool) {
    return (long) ELEMENT.getAcquire(dropped, pool);
  }

  /** Whether a counter of the pool is saturated and no longer exact. */
  public boolean isSaturated(int pool) {
    return saturates && (lastTotal[pool] == -1 || lastDropped[pool] == -1);
  }

  /** Reads the device's current count of published records since launch. */
  public long publishedNow(int pool) {
    return Integer.toUnsignedLong(
        words.loadIntAcquire(offsets[pool] + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET));
  }

  /** Reads the device's current count of published buffers since launch. */
  public long publishedBuffersNow(int pool) {
    return Integer.toUnsignedLong(
        words.loadIntAcquire(offsets[pool] + PoolLayout.PUBLISHED_BUFFER_COUNT_OFFSET));
  }

  /**
   * Returns how often a counter went backwards, a {@link AbiViolation#COUNTER_BACKWARDS}.
   * Refreshing thread.
   */
  public long backwards() {
    return backwards;
  }
}
