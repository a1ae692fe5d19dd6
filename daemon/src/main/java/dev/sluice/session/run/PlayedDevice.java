package dev.sluice.session.run;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.ReadyQueue;
import java.util.Arrays;

/**
 * Plays the device's side of the queues on the caller's thread, for the warm-up and for host-only
 * benchmarks. Publishes full buffers and pops empty ones; to the host it looks like a real device,
 * but the records are only complete enough to be counted.
 */
public final class PlayedDevice {
  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final int[] sequences;
  private final int[] tokens;
  private final int[] tails;
  private final long deviceBase;
  private final int threads;
  private long runEpoch = 1;

  /**
   * @param threads ready queues over which the pools are spread
   */
  public PlayedDevice(DeviceMemory memory, ArenaPlan plan, long deviceBase, int threads) {
    this.memory = memory;
    this.plan = plan;
    this.deviceBase = deviceBase;
    this.threads = threads;
    this.sequences = new int[plan.poolCount()];
    this.tokens = new int[plan.poolCount()];
    this.tails = new int[plan.readyQueues().size()];
    if (plan.layout().facts().hasCountedEntries()) {
      memory.storeInt(plan.layout().handoffSchemaOffset(), 1);
    }
  }

  /** Starts a run: its buffers carry this epoch, and sequence numbers and tokens restart. */
  public void beginRun(long epoch) {
    runEpoch = epoch;
    Arrays.fill(sequences, 0);
    Arrays.fill(tokens, 0);
  }

  /** Publishes one buffer of every pool that has an empty one; returns their number. */
  public int publishAll() {
    int published = 0;
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      published += publish(pool) ? 1 : 0;
    }
    return published;
  }

  private boolean publish(int pool) {
    BufferKind kind = plan.kindOfPool(pool);
    int instance = plan.instanceOfPool(pool);
    PoolLayout layout = plan.poolLayout(pool);
    int at = plan.poolOffset(pool);
    int head = memory.loadInt(at + layout.headOffset());
    if (head == memory.loadInt(at + layout.tailOffset())) {
      return false;
    }
    long pointer = memory.loadLong(at + layout.slotOffset(head));
    memory.storeInt(at + layout.headOffset(), head + 1);
    fill(pool, (int) (pointer - deviceBase));
    BufferLayout buffer = plan.layout().buffer(kind);
    memory.storeInt(
        at + layout.totalRecordCountOffset(),
        memory.loadInt(at + layout.totalRecordCountOffset()) + buffer.records());

    ReadyQueue queue =
        plan.readyQueues().get(plan.readyQueueOf(kind.region()) + instance % threads);
    int tail = tails[queue.number()];
    int entry = queue.entryOffset(tail);
    memory.storeInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET, instance);
    memory.storeInt(entry + ReadyEntryLayout.KIND_OFFSET, kind.wireNumber());
    memory.storeLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET, pointer);
    memory.storeInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET, sequences[pool]++);
    if (plan.layout().facts().hasCountedEntries(kind)) {
      memory.storeInt(entry + ReadyEntryLayout.RECORD_COUNT_OFFSET, buffer.records());
      memory.storeLong(entry + ReadyEntryLayout.RUN_EPOCH_OFFSET, runEpoch);
    }
    if (plan.layout().facts().countsPublished(kind)) {
      int published = at + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET;
      memory.storeInt(published, memory.loadInt(published) + buffer.records());
    }
    tails[queue.number()] = (tail + 1) % queue.entries();
    memory.storeIntRelease(queue.tailOffset(), tails[queue.number()]);
    return true;
  }

  private void fill(int pool, int offset) {
    BufferKind kind = plan.kindOfPool(pool);
    BufferLayout buffer = plan.layout().buffer(kind);
    if (kind == BufferKind.AICORE_TASK) {
      for (int slot = 0; slot < buffer.records(); slot++) {
        int record = offset + slot * kind.recordBytes();
        memory.storeLong(record + AicoreTaskRecord.START_TIME_OFFSET, 1);
        memory.storeInt(record + AicoreTaskRecord.REG_TASK_ID_OFFSET, tokens[pool]++);
      }
    }
    memory.storeInt(offset + buffer.countOffset(), buffer.records());
    if (buffer.runEpochOffset() >= 0) {
      memory.storeLong(offset + buffer.runEpochOffset(), runEpoch);
      memory.storeInt(offset + buffer.localSeqOffset(), sequences[pool]);
    }
  }
}
