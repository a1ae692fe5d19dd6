package dev.sluice.handoff;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What one collector has done, in memory that outlives the process: after a crash each buffer is
 * either collected with all that follows from it, or not at all.
 *
 * <p>Each row exists twice. A step writes the older one of each row that it changes, stamped with
 * its own number, and then {@link #commit}s that number by one store. A reader takes of each row
 * the one with the highest number that is not above the committed one. A process that is killed
 * stops between two of its stores, so program order is all that is needed.
 *
 * <p>One thread: the collector's. Wait-free.
 */
public final class ShardJournal {
  /** Bytes of a shard's part. */
  public static final int SHARD_BYTES = 1024;

  /** Bytes of a pool's part, for each place of a run. */
  public static final int POOL_BYTES = 256;

  // Of a shard's part: the number of the last step, then its row, twice.
  private static final int STEP = 0;
  private static final int SHARD_ROWS = 128;
  private static final int SHARD_ROW_BYTES = 256;
  private static final int BUFFER = 8;
  private static final int LOAN = 12;
  private static final int STAGE_TAIL = 16;
  private static final int COUNTS = 24;

  /** Counts that a sink may note. */
  public static final int MAX_COUNTS = (SHARD_ROW_BYTES - COUNTS) / Long.BYTES;

  // Of a pool's row, which is there twice.
  private static final int POOL_ROW_BYTES = 128;
  private static final int EPOCH = 8;
  private static final int EXPECTED = 16;
  private static final int HAS_TOKEN = 20;
  private static final int TAKEN = 24;
  private static final int LAST_TOKEN = 32;
  private static final int POOL_COUNTS = 40;

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer shard;
  private final ByteBuffer pools;
  private final int poolCount;
  private long step;
  private int row;

  /** What is known of a pool at one place of a run. */
  public static final class PoolMark {
    /** The run that the sequence and the token are of. */
    public long epoch;

    public int expected;
    public long taken;
    public boolean hasToken;
    public int lastToken;
    public long tokenGaps;
    public long missingBuffers;
    public long collected;
    public long salvaged;
    public long unwrittenSlots;
    public long unwrittenSalvaged;
  }

  /**
   * Continues where, by the memory, a collector stopped.
   *
   * @param shard of {@link #SHARD_BYTES}, little endian, direct
   * @param pools of {@link #POOL_BYTES} for each pool at each place; shared by all shards, each of
   *     which has pools of its own
   */
  public ShardJournal(ByteBuffer shard, ByteBuffer pools, int poolCount) {
    this.shard = shard;
    this.pools = pools;
    this.poolCount = poolCount;
    this.step = shard.getLong(STEP);
  }

  /** One that ends with this object. */
  public static ShardJournal inMemory(int poolCount) {
    return new ShardJournal(
        direct(SHARD_BYTES), direct(OpenRuns.MAX * poolCount * POOL_BYTES), poolCount);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes + 64)
        .alignedSlice(64)
        .slice(0, bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Begins a step: a buffer is about to be collected. */
  public void begin(int buffer, int loan) {
    step++;
    row = SHARD_ROWS + (int) (step & 1) * SHARD_ROW_BYTES;
    shard.putInt(row + BUFFER, buffer);
    shard.putInt(row + LOAN, loan);
  }

  /** What the step makes of its pool. */
  public void pool(int place, int pool, PoolMark mark) {
    int at = at(place, pool);
    // The older one: the other is what counts until the step is committed.
    at += pools.getLong(at) < pools.getLong(at + POOL_ROW_BYTES) ? 0 : POOL_ROW_BYTES;
    pools.putLong(at + EPOCH, mark.epoch);
    pools.putInt(at + EXPECTED, mark.expected);
    pools.putInt(at + HAS_TOKEN, mark.hasToken ? 1 : 0);
    pools.putLong(at + TAKEN, mark.taken);
    pools.putInt(at + LAST_TOKEN, mark.lastToken);
    pools.putLong(at + POOL_COUNTS, mark.tokenGaps);
    pools.putLong(at + POOL_COUNTS + 8, mark.missingBuffers);
    pools.putLong(at + POOL_COUNTS + 16, mark.collected);
    pools.putLong(at + POOL_COUNTS + 24, mark.salvaged);
    pools.putLong(at + POOL_COUNTS + 32, mark.unwrittenSlots);
    pools.putLong(at + POOL_COUNTS + 40, mark.unwrittenSalvaged);
    LONG.setRelease(pools, at, step);
  }

  /** Where the capture's stage ends after the step. */
  public void stageTail(long tail) {
    shard.putLong(row + STAGE_TAIL, tail);
  }

  /** A count of the sink after the step; those that are not noted in each step are lost. */
  public void count(int index, long value) {
    shard.putLong(row + COUNTS + index * Long.BYTES, value);
  }

  /** The step is done. */
  public void commit() {
    LONG.setRelease(shard, STEP, step);
  }

  private int at(int place, int pool) {
    return (place * poolCount + pool) * POOL_BYTES;
  }

  // --- for one who takes over ------------------------------------------------------------------

  private int lastRow() {
    return SHARD_ROWS + (int) (step & 1) * SHARD_ROW_BYTES;
  }

  /** Whether the last step was of this loan of this buffer. */
  public boolean isLast(int buffer, int loan) {
    return step > 0
        && shard.getInt(lastRow() + BUFFER) == buffer
        && shard.getInt(lastRow() + LOAN) == loan;
  }

  /** Where the stage ended after the last step. */
  public long lastStageTail() {
    return step == 0 ? 0 : shard.getLong(lastRow() + STAGE_TAIL);
  }

  /** A count after the last step. */
  public long lastCount(int index) {
    return step == 0 ? 0 : shard.getLong(lastRow() + COUNTS + index * Long.BYTES);
  }

  /**
   * Reads what the last step that touched a pool made of it; zeros if none did. A step that was not
   * committed is undone: its number is about to be another's.
   */
  public void read(int place, int pool, PoolMark into) {
    int at = at(place, pool);
    undo(at);
    undo(at + POOL_ROW_BYTES);
    at += pools.getLong(at) < pools.getLong(at + POOL_ROW_BYTES) ? POOL_ROW_BYTES : 0;
    boolean isAny = pools.getLong(at) != 0;
    into.epoch = isAny ? pools.getLong(at + EPOCH) : 0;
    into.expected = isAny ? pools.getInt(at + EXPECTED) : 0;
    into.hasToken = isAny && pools.getInt(at + HAS_TOKEN) != 0;
    into.taken = isAny ? pools.getLong(at + TAKEN) : -1;
    into.lastToken = isAny ? pools.getInt(at + LAST_TOKEN) : 0;
    into.tokenGaps = isAny ? pools.getLong(at + POOL_COUNTS) : 0;
    into.missingBuffers = isAny ? pools.getLong(at + POOL_COUNTS + 8) : 0;
    into.collected = isAny ? pools.getLong(at + POOL_COUNTS + 16) : 0;
    into.salvaged = isAny ? pools.getLong(at + POOL_COUNTS + 24) : 0;
    into.unwrittenSlots = isAny ? pools.getLong(at + POOL_COUNTS + 32) : 0;
    into.unwrittenSalvaged = isAny ? pools.getLong(at + POOL_COUNTS + 40) : 0;
  }

  private void undo(int at) {
    if (pools.getLong(at) > step) {
      pools.putLong(at, 0);
    }
  }
}
