package dev.sluice.handoff;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Journal of one collector, in memory that survives the process: after a crash each buffer is
 * either collected with all its effects, or not at all.
 *
 * <p>Each row exists twice. A step writes the older copy of each row that it changes, stamped with
 * its own number, and then {@link #commit}s that number with one store. A reader takes the copy
 * with the highest number not above the committed one. A killed process stops between two of its
 * stores, so program order suffices.
 *
 * <p>Collector thread only. Wait-free.
 */
public final class ShardJournal {
  /** Bytes of a shard's part. */
  public static final int SHARD_BYTES = 1024;

  /** Bytes of a pool's part, for each place of a run. */
  public static final int POOL_BYTES = 256;

  // Layout of a shard's part: the number of the last step, then two copies of its row.
  private static final int STEP = 0;
  private static final int SHARD_ROWS = 128;
  private static final int SHARD_ROW_BYTES = 256;
  private static final int BUFFER = 8;
  private static final int LOAN = 12;
  private static final int STAGE_TAIL = 16;
  private static final int COUNTS = 24;

  /** Maximum number of counts of a sink. */
  public static final int MAX_COUNTS = (SHARD_ROW_BYTES - COUNTS) / Long.BYTES;

  // Layout of a pool's row, which exists twice.
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

  /** State of a pool at one place of a run. */
  public static final class PoolMark {
    /** The run to which sequence and token belong. */
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
   * Continues where a collector stopped, according to the memory.
   *
   * @param shard {@link #SHARD_BYTES}, little endian, direct
   * @param pools {@link #POOL_BYTES} for each pool at each place; shared by all shards, each of
   *     which has its own pools
   */
  public ShardJournal(ByteBuffer shard, ByteBuffer pools, int poolCount) {
    this.shard = shard;
    this.pools = pools;
    this.poolCount = poolCount;
    this.step = shard.getLong(STEP);
  }

  /** Creates a journal that ends with this object. */
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

  /** Sets the state of the step's pool. */
  public void pool(int place, int pool, PoolMark mark) {
    int at = at(place, pool);
    // Write the older copy: the other is valid until the step is committed.
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

  /** Sets the end of the capture's stage after the step. */
  public void stageTail(long tail) {
    shard.putLong(row + STAGE_TAIL, tail);
  }

  /** Sets a count of the sink after the step; every step must set all counts. */
  public void count(int index, long value) {
    shard.putLong(row + COUNTS + index * Long.BYTES, value);
  }

  /** Commits the step. */
  public void commit() {
    LONG.setRelease(shard, STEP, step);
  }

  private int at(int place, int pool) {
    return (place * poolCount + pool) * POOL_BYTES;
  }

  // --- for a takeover --------------------------------------------------------------------------

  private int lastRow() {
    return SHARD_ROWS + (int) (step & 1) * SHARD_ROW_BYTES;
  }

  /** Whether the last step was for this loan of this buffer. */
  public boolean isLast(int buffer, int loan) {
    return step > 0
        && shard.getInt(lastRow() + BUFFER) == buffer
        && shard.getInt(lastRow() + LOAN) == loan;
  }

  /** Returns where the stage ended after the last step. */
  public long lastStageTail() {
    return step == 0 ? 0 : shard.getLong(lastRow() + STAGE_TAIL);
  }

  /** Returns a count after the last step. */
  public long lastCount(int index) {
    return step == 0 ? 0 : shard.getLong(lastRow() + COUNTS + index * Long.BYTES);
  }

  /**
   * Reads the state of a pool after the last step that changed it; zeros if none did. Discards an
   * uncommitted step, since its number is about to be reused.
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
