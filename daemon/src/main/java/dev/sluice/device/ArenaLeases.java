package dev.sluice.device;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.LeaseTable;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.handoff.SpscRing;

/**
 * Descriptions of full buffers, from the drain's claim to the collector's release.
 *
 * <p>Threads: a row belongs to the owner of its buffer. The drain writes it before it puts the
 * number into a handoff ring; the collector reads it after taking the number out. The ring's
 * release and acquire order the two, so accesses to rows are plain.
 */
public final class ArenaLeases {
  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final BufferTable table;
  private final BufferLedger ledger;
  private final BufferLayout[] layouts = new BufferLayout[BufferKind.COUNT];
  private final byte[] kinds;
  private final BufferRows rows;
  private final boolean[] isCounted = new boolean[BufferKind.COUNT]; // by kind
  private final boolean hasRuns;
  private final OpenRuns runs;

  public ArenaLeases(DeviceMemory memory, ArenaPlan plan, BufferTable table, BufferLedger ledger) {
    this(memory, plan, table, ledger, new OpenRuns());
  }

  ArenaLeases(
      DeviceMemory memory, ArenaPlan plan, BufferTable table, BufferLedger ledger, OpenRuns runs) {
    this.memory = memory;
    this.plan = plan;
    this.table = table;
    this.ledger = ledger;
    int buffers = plan.bufferCount();
    kinds = new byte[buffers];
    rows = ledger.rows();
    this.runs = runs;
    hasRuns = plan.layout().facts().hasCountedEntries();
    for (BufferKind kind : BufferKind.ALL) {
      isCounted[kind.ordinal()] = plan.layout().facts().hasCountedEntries(kind);
      layouts[kind.ordinal()] = plan.layout().buffer(kind);
    }
    for (int buffer = 0; buffer < buffers; buffer++) {
      kinds[buffer] = (byte) plan.kindOfBuffer(buffer).ordinal();
    }
  }

  /** Describes a published buffer. Called by the drain that claimed it. */
  public void describe(int buffer, int instance, int queue, int sequence, long readySinceNs) {
    rows.putInt(buffer, BufferRows.INSTANCE, instance);
    rows.putInt(buffer, BufferRows.SEQUENCE, sequence);
    rows.putLong(buffer, BufferRows.READY_NS, readySinceNs);
    // Last: a row without it is ignored by a daemon that takes the session over.
    rows.setRelease(buffer, BufferRows.QUEUE, queue);
  }

  /**
   * Notes what the ready entry states about the content. Called before {@link #describe} by the
   * same drain, for layouts with counted entries.
   */
  public void announce(int buffer, int recordsUntrusted, long runEpoch) {
    rows.putInt(buffer, BufferRows.ANNOUNCED, recordsUntrusted);
    rows.putLong(buffer, BufferRows.EPOCH, runEpoch);
  }

  /**
   * Returns the run epoch stored in the buffer itself, for kinds whose entries carry none;
   * untrusted, 0 for none. Called by the drain about to claim the buffer.
   */
  public long epochUntrusted(int buffer) {
    int at = layouts[kinds[buffer]].runEpochOffset();
    boolean isThere = at >= 0 && memory.fetch(table.offset(buffer) + at, Long.BYTES);
    return isThere ? epochIn(buffer) : 0;
  }

  private long epochIn(int buffer) {
    int at = layouts[kinds[buffer]].runEpochOffset();
    return at >= 0 ? memory.loadLong(table.offset(buffer) + at) : 0;
  }

  /** Returns the runs to which buffers can belong. */
  public OpenRuns runs() {
    return runs;
  }

  /** Describes a buffer salvaged from a stopped producer and the number of records to trust. */
  void describeSalvaged(int buffer, int instance, int sequence, int count, long nowNs) {
    rows.putInt(buffer, BufferRows.SALVAGED_COUNT, count);
    describe(buffer, instance, Lease.SALVAGED_QUEUE, sequence, nowNs);
  }

  /** Returns the leases of one collector, which returns buffers through {@code returnRing}. */
  public LeaseTable shard(SpscRing returnRing) {
    return new Shard(returnRing);
  }

  /**
   * Prepares a buffer for its next loan; the caller owns it. Resets the count: a producer may
   * publish a pointer before it resets the count, and if it dies in between, salvage would trust an
   * old count (abi.md, rule C7). Leaves the records as they are (see {@code FreeBuffers}), except
   * the first start time of an AICore buffer: a guard must see that no device has stashed it.
   */
  void wipe(int buffer) {
    BufferLayout layout = layouts[kinds[buffer]];
    if (layout.kind() == BufferKind.AICORE_TASK) {
      memory.storeLong(table.offset(buffer) + AicoreTaskRecord.START_TIME_OFFSET, 0);
    }
    memory.storeInt(table.offset(buffer) + layout.countOffset(), 0);
  }

  private final class Shard implements LeaseTable {
    private final SpscRing returnRing;

    Shard(SpscRing returnRing) {
      this.returnRing = returnRing;
    }

    @Override
    public boolean open(int number, Lease lease) {
      ledger.collecting(number);
      BufferLayout layout = layouts[kinds[number]];
      int offset = table.offset(number);
      int queue = rows.getInt(number, BufferRows.QUEUE);
      int instance = rows.getInt(number, BufferRows.INSTANCE);
      int sequence = rows.getInt(number, BufferRows.SEQUENCE);
      boolean isSalvaged = queue == Lease.SALVAGED_QUEUE;
      if (!memory.fetch(offset, layout.sizeBytes())) {
        return false;
      }
      lease
          .at(memory.payload(), layout, offset + layout.recordsOffset())
          .of(number, plan.pool(layout.kind(), instance), instance)
          .loan(rows.getInt(number, BufferRows.PUSH_INDEX))
          .published(queue, sequence, rows.getLong(number, BufferRows.READY_NS))
          .holding(
              isSalvaged
                  ? rows.getInt(number, BufferRows.SALVAGED_COUNT)
                  : memory.loadInt(offset + layout.countOffset()));
      if (!hasRuns) {
        lease.announced(0, 0, 0);
      } else if (isSalvaged || !isCounted[kinds[number]]) {
        long epoch = epochIn(number);
        boolean isSame = isSalvaged || isAsAnnounced(layout, offset, epoch, sequence);
        lease.announced(0, epoch, isSame ? runs.placeOf(epoch) : OpenRuns.OTHER);
      } else {
        long epoch = rows.getLong(number, BufferRows.EPOCH);
        boolean isSame = isAsAnnounced(layout, offset, epoch, sequence);
        lease.announced(
            rows.getInt(number, BufferRows.ANNOUNCED),
            epoch,
            isSame ? runs.placeOf(epoch) : OpenRuns.OTHER);
      }
      return true;
    }

    /**
     * Whether epoch and sequence in the buffer match; the device writes them before the first
     * record.
     */
    private boolean isAsAnnounced(BufferLayout layout, int offset, long epoch, int sequence) {
      int at = layout.runEpochOffset();
      return at < 0
          || (memory.loadLong(offset + at) == epoch
              && memory.loadInt(offset + layout.localSeqOffset()) == sequence);
    }

    @Override
    public boolean release(Lease lease) {
      if (!returnRing.hasRoom()) {
        return false;
      }
      wipe(lease.number());
      ledger.free(lease.number());
      returnRing.offer(lease.number());
      return true;
    }
  }
}
