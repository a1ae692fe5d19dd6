package dev.sluice.testkit;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.Region;
import dev.sluice.abi.TerminalLayout;
import dev.sluice.device.ArenaPlan;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ObjIntConsumer;

/** One pool as the device sees it, with ground truth about its records. */
public final class DevicePool {
  private final ByteBuffer memory;
  private final ArenaPlan plan;
  private final PoolLayout layout;
  private final BufferLayout buffer;
  private final int instance;
  private final int offset;

  // Ground truth, which the host must infer.
  private final Set<Long> held = new LinkedHashSet<>();
  private final Set<Long> published = new LinkedHashSet<>();
  // Slots that the AICore wrote since the buffer was popped; the others may hold stale records.
  private final Map<Long, Integer> written = new HashMap<>();
  private long attempts;
  private long dropped;
  private long lostSilently;
  private ObjIntConsumer<DevicePool> dropListener = (pool, records) -> {};
  private long publishedRecords;

  // AICore pools only: dispatches so far, the stash, and the AICore's cached head.
  long dispatches;
  long stashPointer;
  int stashSequence;
  int stashMark;
  long stashGate = -1;
  int cachedSequence = -1;
  long cachedPointer;
  int nextSlot;

  DevicePool(ByteBuffer memory, ArenaPlan plan, BufferKind kind, int instance) {
    this.memory = memory;
    this.plan = plan;
    this.layout = plan.layout().pool(kind);
    this.buffer = plan.layout().buffer(kind);
    this.instance = instance;
    this.offset = plan.poolOffset(plan.pool(kind, instance));
  }

  public BufferKind kind() {
    return buffer.kind();
  }

  public int instance() {
    return instance;
  }

  int capacity() {
    return buffer.records();
  }

  // Words of the active head.

  public long pointer() {
    return memory.getLong(offset + layout.currentBufPtrOffset());
  }

  void setPointer(long pointer) {
    memory.putLong(offset + layout.currentBufPtrOffset(), pointer);
  }

  public int sequence() {
    return memory.getInt(offset + layout.currentBufSeqOffset());
  }

  void setSequence(int sequence) {
    memory.putInt(offset + layout.currentBufSeqOffset(), sequence);
  }

  int total() {
    return memory.getInt(offset + layout.totalRecordCountOffset());
  }

  void attempt() {
    attempts++;
    memory.putInt(offset + layout.totalRecordCountOffset(), total() + 1);
  }

  void drop(int records) {
    dropped += records;
    dropListener.accept(this, records);
    int at = offset + layout.droppedRecordCountOffset();
    memory.putInt(at, memory.getInt(at) + records);
  }

  void loseSilently() {
    lostSilently++;
  }

  void setDropListener(ObjIntConsumer<DevicePool> listener) {
    dropListener = listener;
  }

  // Words of the free queue.

  public int freeHead() {
    return memory.getInt(offset + layout.headOffset());
  }

  /** Writes the head word; a well-behaved device does so only in {@link #take}. */
  public void setFreeHead(int head) {
    memory.putInt(offset + layout.headOffset(), head);
  }

  public int freeTail() {
    return memory.getInt(offset + layout.tailOffset());
  }

  public long slot(int index) {
    return memory.getLong(offset + layout.slotOffset(index));
  }

  boolean hasFreeBuffer() {
    return freeHead() != freeTail();
  }

  /**
   * Pops a buffer and checks the host's side of the contract: a known buffer of this kind, in no
   * other pool, cleared, within slots and quota.
   */
  long take() {
    int depth = freeTail() - freeHead();
    require(depth > 0 && depth <= layout.slotCount(), "depth " + depth);
    require(held.size() + depth <= plan.quota(kind()), "quota exceeded");
    long pointer = slot(freeHead());
    int number = number(pointer);
    require(number >= 0, "slot shows 0x" + Long.toHexString(pointer));
    require(plan.kindOfBuffer(number) == kind(), "a buffer of another kind");
    require(held.add(pointer), "a buffer that the device holds already");
    require(count(pointer) == 0, "count " + count(pointer));
    written.put(pointer, 0);
    published.remove(pointer);
    setFreeHead(freeHead() + 1);
    return pointer;
  }

  /** Records that the host owns the buffer from now on. */
  void giveAway(long pointer) {
    require(held.remove(pointer), "published a buffer that it does not hold");
    published.add(pointer);
    publishedRecords += recordsIn(pointer);
  }

  // Buffers.

  int at(long pointer) {
    return (int) (pointer - TestArena.DEVICE_BASE);
  }

  int count(long pointer) {
    return memory.getInt(at(pointer) + buffer.countOffset());
  }

  /** Initializes a buffer: no records, and its run and sequence where the layout has them. */
  void acquire(long pointer, int sequence) {
    if (buffer.runEpochOffset() >= 0) {
      memory.putLong(at(pointer) + buffer.runEpochOffset(), ScriptedDevice.RUN_EPOCH);
      memory.putInt(at(pointer) + buffer.localSeqOffset(), sequence);
    }
    setCount(pointer, 0);
  }

  /** Returns whether the layout counts what this pool publishes. */
  boolean hasCounters() {
    return plan.layout().facts().countsPublished(kind());
  }

  int live() {
    return memory.getInt(offset + PoolLayout.LIVE_RECORD_COUNT_OFFSET);
  }

  void setLive(int live) {
    if (hasCounters()) {
      memory.putInt(offset + PoolLayout.LIVE_RECORD_COUNT_OFFSET, live);
    }
  }

  /** Follows the store of the ready queue's tail. */
  void countPublished(int records) {
    if (hasCounters()) {
      int at = offset + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET;
      memory.putInt(at, memory.getInt(at) + records);
      at = offset + PoolLayout.PUBLISHED_BUFFER_COUNT_OFFSET;
      memory.putInt(at, memory.getInt(at) + 1);
    }
  }

  /** Writes the pool's terminal line. */
  void writeTerminal() {
    if (plan.layout().facts().terminalBanks() == 0 || kind().region() != Region.SWIMLANE) {
      return;
    }
    int cores = plan.geometry().numCores();
    int line = plan.layout().terminalOffset(1, kind(), instance, cores);
    memory.putInt(line + TerminalLayout.TOTAL_OFFSET, total());
    memory.putInt(
        line + TerminalLayout.DROPPED_OFFSET,
        memory.getInt(offset + PoolLayout.DROPPED_RECORD_COUNT_OFFSET));
    memory.putInt(
        line + TerminalLayout.PUBLISHED_RECORDS_OFFSET,
        memory.getInt(offset + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET));
    memory.putInt(
        line + TerminalLayout.PUBLISHED_BUFFERS_OFFSET,
        memory.getInt(offset + PoolLayout.PUBLISHED_BUFFER_COUNT_OFFSET));
    memory.putInt(line + TerminalLayout.LIVE_AT_CLOSE_OFFSET, live());
    memory.putLong(line + TerminalLayout.RUN_EPOCH_OFFSET, ScriptedDevice.RUN_EPOCH);
  }

  void setCount(long pointer, int count) {
    memory.putInt(at(pointer) + buffer.countOffset(), count);
  }

  int recordOffset(long pointer, int slot) {
    return at(pointer) + buffer.recordsOffset() + slot * kind().recordBytes();
  }

  /** Records that the AICore has written a record. */
  void noteWritten(long pointer) {
    written.merge(pointer, 1, Integer::sum);
  }

  /** Returns the records actually in a buffer: written slots for AICore, the count otherwise. */
  public int recordsIn(long pointer) {
    return kind() == BufferKind.AICORE_TASK ? written.get(pointer) : count(pointer);
  }

  private int number(long pointer) {
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      if (plan.offsetOfBuffer(buffer) == pointer - TestArena.DEVICE_BASE) {
        return buffer;
      }
    }
    return -1;
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("the host broke the contract with " + this + ": " + what);
    }
  }

  // Ground truth.

  /** Returns buffers popped and not published. */
  public Set<Long> held() {
    return held;
  }

  /** Returns buffers published and not yet returned. */
  public Set<Long> published() {
    return published;
  }

  /** Returns records that the device attempted to write. */
  public long attempts() {
    return attempts;
  }

  /** Returns records that the device counted as dropped. */
  public long dropped() {
    return dropped;
  }

  /** Returns AICore records that found no slot and appear in no counter. */
  public long lostSilently() {
    return lostSilently;
  }

  /** Returns records in all buffers published so far. */
  public long publishedRecords() {
    return publishedRecords;
  }

  /** Returns records in buffers that the device still holds. */
  public long heldRecords() {
    return held.stream().mapToLong(this::recordsIn).sum();
  }

  @Override
  public String toString() {
    return kind().label() + "[" + instance + "]";
  }
}
