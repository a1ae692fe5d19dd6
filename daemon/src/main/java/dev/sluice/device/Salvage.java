package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.PoolLayout;
import dev.sluice.handoff.SpscRing;

/**
 * Recovers records that a stopped producer committed to buffers it never published (abi.md, rules
 * C8 and C9).
 *
 * <p>Runs on the settling thread, after all ready queues are drained and all agents are removed
 * from their runners. Salvaged buffers go to the collectors like any others, marked as salvaged;
 * the device's remaining buffers are retired.
 */
public final class Salvage {
  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final BufferTable table;
  private final BufferLedger ledger;
  private final ArenaLeases leases;
  private final boolean keepsFailedFlush;

  public Salvage(RunArena arena) {
    this.memory = arena.memory();
    this.plan = arena.plan();
    this.table = arena.table();
    this.ledger = arena.ledger();
    this.leases = arena.leases();
    this.keepsFailedFlush = plan.layout().facts().keepsBufferOfFailedFlush();
  }

  /** Receives salvaged buffers. */
  public interface Sink {
    SpscRing ring(int pool);

    /** Lets the collectors run until the ring has room. */
    void makeRoom(int pool);
  }

  /**
   * Hands over all buffers that can be trusted.
   *
   * @param isTorn the producer stopped at an arbitrary instruction: the last phase record of a pool
   *     may be incomplete, since its count is raised before its fields are written (abi.md, Phases)
   * @return buffers handed over
   */
  public int run(boolean isTorn, long nowNs, Sink sink) {
    int salvaged = 0;
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      int offset = plan.poolOffset(pool);
      PoolLayout layout = plan.poolLayout(pool);
      int current = table.find(kind, memory.loadLongAcquire(offset + layout.currentBufPtrOffset()));
      int freeHead = memory.loadIntAcquire(offset + layout.headOffset());
      int sequence = memory.loadIntAcquire(offset + layout.currentBufSeqOffset());
      // Stashed AICore buffers first: they hold older records than the current one, and the
      // collector accepts tokens in rising order only.
      int first = plan.firstBuffer(kind);
      int before = salvaged;
      for (int buffer = first; buffer < first + plan.buffers(kind); buffer++) {
        if (buffer != current && isLost(buffer, pool, freeHead)) {
          salvaged += take(buffer, pool, sequence - 1, isTorn, nowNs, sink);
        }
      }
      if (current >= 0 && isLost(current, pool, freeHead)) {
        if (isCountedAsDropped(current, kind, offset, salvaged - before)) {
          ledger.retire(current);
        } else {
          salvaged += take(current, pool, sequence, isTorn, nowNs, sink);
        }
      }
    }
    return salvaged;
  }

  /**
   * Whether the records of a current buffer are already counted as dropped: only an AICore buffer
   * whose flush failed keeps its count. A device that died before it raised the counter has not
   * counted them, which its other counters show.
   */
  private boolean isCountedAsDropped(int buffer, BufferKind kind, int pool, int stashes) {
    if (!keepsFailedFlush || kind != BufferKind.AICORE_TASK) {
      return false;
    }
    BufferLayout layout = plan.layout().buffer(kind);
    int count = memory.loadIntAcquire(table.offset(buffer) + layout.countOffset());
    if (count == 0 || !plan.layout().facts().countsPublished(kind)) {
      return count != 0;
    }
    int open =
        memory.loadIntAcquire(pool + PoolLayout.TOTAL_RECORD_COUNT_OFFSET)
            - memory.loadIntAcquire(pool + PoolLayout.DROPPED_RECORD_COUNT_OFFSET)
            - memory.loadIntAcquire(pool + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET);
    return open - stashes * layout.records() < count;
  }

  private boolean isLost(int buffer, int pool, int freeHead) {
    return ledger.poolOf(buffer) == pool && ledger.isWithDevice(buffer, freeHead);
  }

  private int take(int buffer, int pool, int sequence, boolean isTorn, long nowNs, Sink sink) {
    BufferKind kind = plan.kindOfPool(pool);
    BufferLayout layout = plan.layout().buffer(kind);
    int count = memory.loadIntAcquire(table.offset(buffer) + layout.countOffset());
    if (kind == BufferKind.AICORE_TASK) {
      count = layout.records();
    } else if (count > layout.records()) {
      count = 0;
    } else if (isTorn && !kind.isPerCore()) {
      count--;
    }
    if (count <= 0) {
      ledger.retire(buffer);
      return 0;
    }
    SpscRing ring = sink.ring(pool);
    while (!ring.hasRoom()) {
      sink.makeRoom(pool);
    }
    leases.describeSalvaged(buffer, plan.instanceOfPool(pool), sequence, count, nowNs);
    ledger.claim(buffer);
    ring.offer(buffer);
    return 1;
  }
}
