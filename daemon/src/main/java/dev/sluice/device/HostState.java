package dev.sluice.device;

import dev.sluice.bridge.SharedRegion;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.handoff.ShardJournal;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Host-side state of a session that is not in the arena, in memory that no client maps and that
 * survives this process if a service manager keeps it. docs/host-state.md defines its bytes.
 *
 * <p>Parts: a header, the identity of the session, its books (double-buffered), the collectors'
 * journals, and a row for each buffer. Each part has its own writer and thread rule. The books
 * carry a {@link #VERSION} and can be read by that version only. Everything else follows a {@link
 * #FORMAT} shared across versions, so that the contents of a session can be saved even then.
 */
public final class HostState implements AutoCloseable {
  /** "SLSTATE" and a zero byte. */
  static final long MAGIC = 0x0045_5441_5453_4C53L;

  /** Version of the books. */
  public static final int VERSION = 3;

  /**
   * Format of everything except the books: a version may use spare bytes but must not move
   * anything.
   */
  static final int FORMAT = 1;

  static final int VERSION_OFFSET = 8;
  static final int BUFFERS_OFFSET = 12;
  static final int POOLS_OFFSET = 16;
  static final int SHARDS_OFFSET = 20;
  static final int BYTES_OFFSET = 24;
  static final int BOOT_OFFSET = 32;
  static final int TOKEN_OFFSET = 48;
  static final int BOOKS_STEP_OFFSET = 64;
  static final int BASE_OFFSET = 72;
  static final int PROCESS_OFFSET = 80;
  static final int USER_OFFSET = 84;
  static final int START_TICKS_OFFSET = 88;
  static final int RUN_COUNT_OFFSET = 96;
  static final int FORMAT_OFFSET = 104;
  static final int RUNS_OFFSET = 128;
  static final int PAST_OFFSET = 1024;
  static final int PAST_LONGS = 32; // by kind
  static final int IDENTITY_OFFSET = 4096;
  static final int IDENTITY_BYTES = 128 << 10;
  static final int BOOKS_BYTES = 512 << 10;
  static final int BOOKS_OFFSET = IDENTITY_OFFSET + IDENTITY_BYTES;
  static final int JOURNALS_OFFSET = BOOKS_OFFSET + 2 * BOOKS_BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final SharedRegion region; // null for a state that ends with this object
  private final ByteBuffer memory;
  private final int buffers;
  private final int pools;
  private final int shards;
  private final int version;

  /**
   * The facts of a session that every version can read.
   *
   * @param deviceBase of the open run; 0 without one
   * @param process of the client, as last seen
   * @param startTicks distinguishes that process from a later one with the same pid
   * @param runs number of runs begun
   */
  public record Vitals(long deviceBase, int process, int user, long startTicks, int runs) {}

  private HostState(SharedRegion region, ByteBuffer memory) {
    this.region = region;
    this.memory = memory;
    this.buffers = memory.getInt(BUFFERS_OFFSET);
    this.pools = memory.getInt(POOLS_OFFSET);
    this.shards = memory.getInt(SHARDS_OFFSET);
    this.version = memory.getInt(VERSION_OFFSET);
  }

  /** Allocates zeroed direct memory, 64-byte aligned. */
  static ByteBuffer memory(int bytes) {
    return ByteBuffer.allocateDirect(bytes + 64)
        .alignedSlice(64)
        .slice(0, bytes)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Creates a state that ends with this object, for a run that cannot be taken over. */
  public static HostState inMemory(ArenaPlan plan, int shards) {
    return of(null, memory(bytes(plan.bufferCount(), plan.poolCount(), shards)), plan, shards);
  }

  /** Creates a state that can survive this process. */
  public static HostState create(ArenaPlan plan, int shards, String name) throws IOException {
    SharedRegion region =
        SharedRegion.create(
            name,
            bytes(plan.bufferCount(), plan.poolCount(), shards),
            SharedRegion.Extra.OFF,
            SharedRegion.Extra.OFF);
    HostState state = of(region, region.buffer(), plan, shards);
    state.putBoot();
    return state;
  }

  private static HostState of(SharedRegion region, ByteBuffer memory, ArenaPlan plan, int shards) {
    memory.putLong(0, MAGIC);
    memory.putInt(VERSION_OFFSET, VERSION);
    memory.putInt(FORMAT_OFFSET, FORMAT);
    memory.putInt(BUFFERS_OFFSET, plan.bufferCount());
    memory.putInt(POOLS_OFFSET, plan.poolCount());
    memory.putInt(SHARDS_OFFSET, shards);
    memory.putLong(BYTES_OFFSET, bytes(plan.bufferCount(), plan.poolCount(), shards));
    HostState state = new HostState(region, memory);
    state.clearRun();
    return state;
  }

  static int bytes(int buffers, int pools, int shards) {
    return rowsOffset(pools, shards) + buffers * BufferRows.BYTES;
  }

  private static int poolsOffset(int shards) {
    return JOURNALS_OFFSET + shards * ShardJournal.SHARD_BYTES;
  }

  private static int rowsOffset(int pools, int shards) {
    return poolsOffset(shards) + OpenRuns.MAX * pools * ShardJournal.POOL_BYTES;
  }

  /**
   * Opens the state of an earlier process.
   *
   * @throws IOException one line, if the state is not credible; the region is closed
   */
  public static HostState adopt(SharedRegion region) throws IOException {
    String refusal = refusal(region);
    if (!refusal.isEmpty()) {
      region.close();
      throw new IOException("host state refused: " + refusal);
    }
    return new HostState(region, region.buffer());
  }

  private static String refusal(SharedRegion region) throws IOException {
    ByteBuffer memory = region.buffer();
    if (!region.isOwn()) {
      return "it belongs to another user";
    }
    if (region.bytes() < JOURNALS_OFFSET || memory.getLong(0) != MAGIC) {
      return "not a host state";
    }
    if (memory.getInt(FORMAT_OFFSET) != FORMAT) {
      return "format " + memory.getInt(FORMAT_OFFSET) + ", this daemon reads " + FORMAT;
    }
    byte[] boot = new byte[16];
    memory.get(BOOT_OFFSET, boot);
    if (!java.util.Arrays.equals(boot, bootId())) {
      return "it is from another boot of this host";
    }
    long buffers = memory.getInt(BUFFERS_OFFSET);
    long pools = memory.getInt(POOLS_OFFSET);
    long shards = memory.getInt(SHARDS_OFFSET);
    boolean isPossible =
        buffers > 0
            && pools > 0
            && shards > 0
            && buffers < 1 << 22
            && pools < 1 << 16
            && shards < 1 << 10
            && memory.getLong(BYTES_OFFSET) == bytes((int) buffers, (int) pools, (int) shards)
            && region.bytes() >= memory.getLong(BYTES_OFFSET);
    return isPossible ? "" : "its sizes are impossible";
  }

  private static byte[] bootId() throws IOException {
    String text =
        Files.readString(Path.of("/proc/sys/kernel/random/boot_id"), StandardCharsets.US_ASCII);
    java.util.UUID id = java.util.UUID.fromString(text.trim());
    return ByteBuffer.allocate(16)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  private void putBoot() throws IOException {
    memory.put(BOOT_OFFSET, bootId());
  }

  /** Returns the descriptor of the memory, owned by this state; -1 if none. */
  public int fd() {
    return region == null ? -1 : region.fd();
  }

  public int shards() {
    return shards;
  }

  /** Returns why the books cannot be read, one line; empty if they can. */
  public String versionMismatch() {
    return version == VERSION
        ? ""
        : "its state has version " + version + ", this daemon reads " + VERSION;
  }

  /** Whether its sizes match an arena of this plan. */
  public boolean fits(ArenaPlan plan) {
    return buffers == plan.bufferCount() && pools == plan.poolCount();
  }

  /** Stores the session's token and immutable facts. Called once. */
  public void putIdentity(byte[] token, byte[] identity) {
    if (token.length != 16 || identity.length > IDENTITY_BYTES - Integer.BYTES) {
      throw new IllegalArgumentException("invalid identity length " + identity.length);
    }
    memory.put(IDENTITY_OFFSET + Integer.BYTES, identity);
    memory.putInt(IDENTITY_OFFSET, identity.length);
    memory.put(TOKEN_OFFSET, token);
  }

  public byte[] token() {
    byte[] token = new byte[16];
    memory.get(TOKEN_OFFSET, token);
    return token;
  }

  /** Returns the identity stored by {@link #putIdentity}; empty if none was. */
  public byte[] identity() throws IOException {
    int length = memory.getInt(IDENTITY_OFFSET);
    if (length < 0 || length > IDENTITY_BYTES - Integer.BYTES) {
      throw new IOException("host state refused: invalid identity length " + length);
    }
    byte[] identity = new byte[length];
    memory.get(IDENTITY_OFFSET + Integer.BYTES, identity);
    return identity;
  }

  /** Replaces the vitals. Session owner only. */
  public void putVitals(Vitals vitals) {
    memory.putInt(PROCESS_OFFSET, vitals.process());
    memory.putInt(USER_OFFSET, vitals.user());
    memory.putLong(START_TICKS_OFFSET, vitals.startTicks());
    memory.putInt(RUN_COUNT_OFFSET, vitals.runs());
    LONG.setRelease(memory, BASE_OFFSET, vitals.deviceBase());
  }

  public Vitals vitals() {
    return new Vitals(
        memory.getLong(BASE_OFFSET),
        memory.getInt(PROCESS_OFFSET),
        memory.getInt(USER_OFFSET),
        memory.getLong(START_TICKS_OFFSET),
        memory.getInt(RUN_COUNT_OFFSET));
  }

  /** Stores the law and the drops of a kind over finished runs. Session owner only. */
  public void putPast(int kind, long[] counts) {
    for (int i = 0; i < counts.length; i++) {
      memory.putLong(PAST_OFFSET + (kind * PAST_LONGS + i) * Long.BYTES, counts[i]);
    }
  }

  /** Returns the counts stored by {@link #putPast}, padded with zeros. */
  public long[] past(int kind) {
    long[] counts = new long[PAST_LONGS];
    for (int i = 0; i < PAST_LONGS; i++) {
      counts[i] = memory.getLong(PAST_OFFSET + (kind * PAST_LONGS + i) * Long.BYTES);
    }
    return counts;
  }

  /** Replaces the books atomically. Session owner only. */
  public void putBooks(byte[] books) {
    if (books.length > BOOKS_BYTES - Integer.BYTES) {
      throw new IllegalArgumentException("invalid books length " + books.length);
    }
    long step = memory.getLong(BOOKS_STEP_OFFSET) + 1;
    int at = BOOKS_OFFSET + (int) (step & 1) * BOOKS_BYTES;
    memory.putInt(at, books.length);
    memory.put(at + Integer.BYTES, books);
    LONG.setRelease(memory, BOOKS_STEP_OFFSET, step);
  }

  /** Returns the books stored last; empty if there are none. */
  public byte[] books() throws IOException {
    long step = memory.getLong(BOOKS_STEP_OFFSET);
    int at = BOOKS_OFFSET + (int) (step & 1) * BOOKS_BYTES;
    int length = step == 0 ? 0 : memory.getInt(at);
    if (length < 0 || length > BOOKS_BYTES - Integer.BYTES) {
      throw new IOException("host state refused: invalid books length " + length);
    }
    byte[] books = new byte[length];
    memory.get(at + Integer.BYTES, books);
    return books;
  }

  /** Resets the run state before a run begins: no buffer was lent or collected. */
  void clearRun() {
    openRuns().clear();
    int from = poolsOffset(shards);
    for (int at = from; at < rowsOffset(pools, shards); at += Long.BYTES) {
      memory.putLong(at, 0);
    }
    rows().clear();
  }

  OpenRuns openRuns() {
    return new OpenRuns(memory.slice(RUNS_OFFSET, OpenRuns.MAX * Long.BYTES));
  }

  BufferRows rows() {
    return new BufferRows(slice(rowsOffset(pools, shards), buffers * BufferRows.BYTES));
  }

  /** Returns the journal of a collector in its current state. */
  public ShardJournal journal(int shard) {
    return new ShardJournal(
        slice(JOURNALS_OFFSET + shard * ShardJournal.SHARD_BYTES, ShardJournal.SHARD_BYTES),
        slice(poolsOffset(shards), OpenRuns.MAX * pools * ShardJournal.POOL_BYTES),
        pools);
  }

  private ByteBuffer slice(int at, int bytes) {
    return memory.slice(at, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Releases the memory; no agent may be running. Idempotent. */
  @Override
  public void close() {
    if (region != null) {
      region.close();
    }
  }
}
