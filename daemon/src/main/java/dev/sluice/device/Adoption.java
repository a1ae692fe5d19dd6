package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.PoolLayout;
import dev.sluice.handoff.ShardJournal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Determines where each buffer is after the host of a run died at an arbitrary instruction, and
 * updates the ledger. No agent may run, in this process or another.
 *
 * <p>Free queues are read from the wire: a tail store completes a loan, by the dead host or by a
 * guard since. A guard marks the buffers it lends, since the ledger may show them in host hands.
 * The ledger places all other buffers, and the journals show which of those in host hands were
 * already collected.
 */
public final class Adoption {
  private final RunArena arena;
  private final BufferRows rows;
  private final List<Integer> ready = new ArrayList<>();
  private boolean isRecycled;
  private final int[][] slots;

  /**
   * @param journals of all collectors
   * @param isLent whether a guard has lent a buffer since
   * @throws IOException one line, if ledger or wire are in a state that no host or guard can leave
   */
  public Adoption(RunArena arena, ShardJournal[] journals, IntPredicate isLent) throws IOException {
    this.arena = arena;
    this.rows = arena.ledger().rows();
    this.slots = new int[arena.plan().poolCount()][];
    checkRows();
    boolean[] isInSlot = readFreeQueues();
    for (int buffer = 0; buffer < rows.count(); buffer++) {
      if (isInSlot[buffer]) {
        continue;
      }
      if (isLent.test(buffer)) {
        isRecycled = true;
        arena.ledger().lend(buffer, pool(buffer), head(pool(buffer)) - 1);
        arena.ledger().popped(buffer);
      } else {
        place(buffer, journals[pool(buffer) % journals.length]);
      }
    }
    ready.sort(
        Comparator.comparingInt(this::pool).thenComparing((a, b) -> sequence(a) - sequence(b)));
  }

  private int pool(int buffer) {
    return arena.plan().homePool(buffer);
  }

  private int sequence(int buffer) {
    return rows.getInt(buffer, BufferRows.SEQUENCE);
  }

  private void checkRows() throws IOException {
    for (int buffer = 0; buffer < rows.count(); buffer++) {
      int state = rows.getInt(buffer, BufferRows.STATE);
      int pool = rows.getInt(buffer, BufferRows.POOL);
      boolean isState = state >= 0 && state < BufferState.ALL.size();
      if (!isState || (pool != pool(buffer) && (pool != -1 || state != 0))) {
        throw new IOException(
            String.format("ledger of buffer %d: state %d, pool %d", buffer, state, pool));
      }
    }
  }

  private int head(int pool) {
    PoolLayout layout = arena.plan().poolLayout(pool);
    return arena.memory().loadInt(arena.plan().poolOffset(pool) + layout.headOffset());
  }

  private boolean[] readFreeQueues() throws IOException {
    ArenaPlan plan = arena.plan();
    DeviceMemory memory = arena.memory();
    boolean[] isInSlot = new boolean[rows.count()];
    int[] lent = new int[plan.poolCount()]; // by pool: index after the dead host's last loan
    for (int buffer = 0; buffer < rows.count(); buffer++) {
      if (rows.getInt(buffer, BufferRows.POOL) >= 0) {
        int behind = rows.getInt(buffer, BufferRows.PUSH_INDEX) + 1;
        lent[pool(buffer)] = Math.max(lent[pool(buffer)], behind);
      }
    }
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      int at = plan.poolOffset(pool);
      PoolLayout layout = plan.poolLayout(pool);
      int head = memory.loadIntAcquire(at + layout.headOffset());
      int tail = memory.loadIntAcquire(at + layout.tailOffset());
      if (tail - head < 0 || tail - head > layout.slotCount()) {
        throw new IOException(
            String.format("free queue of pool %d: head %d, tail %d", pool, head, tail));
      }
      slots[pool] = new int[tail - head];
      isRecycled |= tail - lent[pool] > 0;
      for (int index = head; index != tail; index++) {
        long pointer = memory.loadLong(at + layout.slotOffset(index));
        int buffer = arena.table().find(kind, pointer);
        if (buffer < 0 || pool(buffer) != pool || isInSlot[buffer]) {
          throw new IOException(
              String.format("free queue of pool %d: slot %d holds 0x%x", pool, index, pointer));
        }
        isInSlot[buffer] = true;
        slots[pool][index - head] = buffer;
        if (rows.getInt(buffer, BufferRows.STATE) != BufferState.FREE_QUEUE.ordinal()
            || rows.getInt(buffer, BufferRows.PUSH_INDEX) != index) {
          isRecycled = true;
          arena.ledger().lend(buffer, pool, index);
        }
      }
    }
    return isInSlot;
  }

  /** Places a buffer that is in no free queue. */
  private void place(int buffer, ShardJournal journal) {
    BufferState state = arena.ledger().state(buffer);
    boolean isInHand = state == BufferState.READY || state == BufferState.COLLECTING;
    if (state == BufferState.FREE_QUEUE) {
      if (isUnpublished(buffer)) {
        arena.ledger().free(buffer);
      } else {
        arena.ledger().popped(buffer);
      }
    } else if (isInHand && rows.getInt(buffer, BufferRows.QUEUE) == BufferRows.UNDESCRIBED) {
      // Claimed but not described: its entry is still the head of a ready queue and is drained
      // again.
      rows.setRelease(buffer, BufferRows.STATE, BufferState.DEVICE.ordinal());
    } else if (isInHand && journal.isLast(buffer, rows.getInt(buffer, BufferRows.PUSH_INDEX))) {
      arena.leases().wipe(buffer);
      arena.ledger().free(buffer);
    } else if (isInHand) {
      rows.setRelease(buffer, BufferRows.STATE, BufferState.READY.ordinal());
      ready.add(buffer);
    }
  }

  /**
   * Whether the tail of a loan was never stored: its slot is beyond the tail, or a guard has since
   * lent another buffer there. The latter is visible only until a host may have reused the slot.
   */
  private boolean isUnpublished(int buffer) {
    int at = arena.plan().poolOffset(pool(buffer));
    PoolLayout layout = arena.plan().poolLayout(pool(buffer));
    int index = rows.getInt(buffer, BufferRows.PUSH_INDEX);
    int behind = arena.memory().loadInt(at + layout.tailOffset()) - index;
    if (behind <= 0) {
      return true;
    }
    long pointer = arena.memory().loadLong(at + layout.slotOffset(index));
    return behind < layout.slotCount()
        && arena.table().find(arena.plan().kindOfPool(pool(buffer)), pointer) != buffer;
  }

  /** Returns the buffers to be collected, in sequence within each pool. */
  public List<Integer> ready() {
    return ready;
  }

  /** Returns the device's sequence number of a buffer to be collected. */
  public int sequenceOf(int buffer) {
    return sequence(buffer);
  }

  /** Returns the run epoch of a buffer; 0 if buffers carry none. */
  public long epochOf(int buffer) {
    return rows.getLong(buffer, BufferRows.EPOCH);
  }

  /** Whether a buffer was salvaged from a stopped producer instead of published. */
  public boolean isSalvaged(int buffer) {
    return rows.getInt(buffer, BufferRows.QUEUE) == dev.sluice.handoff.Lease.SALVAGED_QUEUE;
  }

  /** Returns the buffers in the free queue of a pool, starting at its head. */
  public int[] slots(int pool) {
    return slots[pool];
  }

  /** Whether a guard has lent buffers; those it recycled are not collected. */
  public boolean isRecycled() {
    return isRecycled;
  }
}
