package dev.sluice.device;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.PoolLayout;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The device's own counters of every pool, extended from their 32 bits, where they wrap, to 64.
 *
 * <p>One thread (the janitor, and after it the thread that settles) calls {@link #refresh} often
 * enough that no counter can pass half its range in between; others read the last values.
 */
public final class PoolCounters {
  private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

  // Of a device that drops without pause, one look in so many is enough that finds both words at
  // rest.
  private static final int MAX_LOOKS = 64;

  // Each of them is two copies of all pools.
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
   * <p>Dropped comes first, because a record counts as attempted before it counts as dropped. If it
   * moved while the total was read (this thread may have been off its CPU for long), the pair is of
   * two moments, and what was dropped in between would look like records that went missing.
   *
   * <p>Where a word costs a copy, all pools are read by one, three times.
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

  /**
   * All words as they are now, as one number that is another as soon as any of them has moved.
   * Notes nothing.
   */
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
      // Half the range within one interval is no rate that exists: the word went back.
      backwards++;
      return before;
    }
    ELEMENT.setRelease(sums, pool, sums[pool] + step);
    return now;
  }

  /** Writes the 64 bits of each, for {@link #resume}. Refreshing thread. */
  public void save(DataOutput out) throws IOException {
    for (int pool = 0; pool < offsets.length; pool++) {
      out.writeInt(lastTotal[pool]);
      out.writeInt(lastDropped[pool]);
      out.writeLong(totals[pool]);
      out.writeLong(dropped[pool]);
    }
  }

  /** Goes on where another process stopped. Before the first refresh. */
  public void resume(DataInput in) throws IOException {
    for (int pool = 0; pool < offsets.length; pool++) {
      lastTotal[pool] = in.readInt();
      lastDropped[pool] = in.readInt();
      totals[pool] = in.readLong();
      dropped[pool] = in.readLong();
    }
  }

  /** A total is known to be no less: its word has wrapped since launch. Refreshing thread. */
  public void atLeast(int pool, long records) {
    long wraps = Math.max(0, records - totals[pool] + 0xFFFF_FFFFL) >>> Integer.SIZE;
    ELEMENT.setRelease(totals, pool, totals[pool] + (wraps << Integer.SIZE));
  }

  /** Every record that the device set out to write to this pool, since launch. Any thread. */
  public long total(int pool) {
    return (long) ELEMENT.getAcquire(totals, pool);
  }

  /** Records that the device says it dropped or could not match, since launch. Any thread. */
  public long dropped(int pool) {
    return (long) ELEMENT.getAcquire(dropped, pool);
  }

  /** Whether the counters of a pool have come to their end, and are not exact any more. */
  public boolean isSaturated(int pool) {
    return saturates && (lastTotal[pool] == -1 || lastDropped[pool] == -1);
  }

  /** Records in buffers that the device says it has handed over, since launch, as of now. */
  public long publishedNow(int pool) {
    return Integer.toUnsignedLong(
        words.loadIntAcquire(offsets[pool] + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET));
  }

  /** Buffers handed over, likewise. */
  public long publishedBuffersNow(int pool) {
    return Integer.toUnsignedLong(
        words.loadIntAcquire(offsets[pool] + PoolLayout.PUBLISHED_BUFFER_COUNT_OFFSET));
  }

  /**
   * Times that a counter went back, a {@link AbiViolation#COUNTER_BACKWARDS}. Refreshing thread.
   */
  public long backwards() {
    return backwards;
  }
}
