package dev.sluice.device;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.SCHED_PHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.PoolLayout;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.LeaseTable;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.TestArena;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SalvageTest {
  private TestArena arena;
  private ArenaPlan plan;
  private RunArena shared;
  private BufferTable table;
  private BufferLedger ledger;
  private LeaseTable shard;
  private final SpscRing ring = new SpscRing(1);
  private final List<String> salvaged = new ArrayList<>();

  SalvageTest() {
    useGeneration(Generation.L2_2026_07);
  }

  private void useGeneration(Generation generation) {
    arena = TestArena.small(generation, 3, 2, 4);
    plan = arena.plan();
    shared = RunArena.of(arena.memory(), plan, TestArena.DEVICE_BASE, HostState.inMemory(plan, 1));
    table = shared.table();
    ledger = shared.ledger();
    shard = shared.leases().shard(SpscRing.forAtLeast(plan.bufferCount()));
  }

  private int run(boolean isTorn) {
    Salvage.Sink sink =
        new Salvage.Sink() {
          @Override
          public SpscRing ring(int pool) {
            return ring;
          }

          @Override
          public void makeRoom(int pool) {
            collect();
          }
        };
    int count = new Salvage(shared).run(isTorn, 0, sink);
    collect();
    return count;
  }

  private void collect() {
    Lease lease = new Lease();
    for (long buffer = ring.poll(); buffer != SpscRing.EMPTY; buffer = ring.poll()) {
      shard.open((int) buffer, lease);
      salvaged.add(
          lease.number() + " seq " + lease.sequence() + " count " + lease.countUntrusted());
      shard.release(lease);
    }
  }

  /** Lends buffers to a pool; the first {@code popped} have left their slots. */
  private int[] lend(BufferKind kind, int instance, int buffers, int popped) {
    int pool = plan.pool(kind, instance);
    int offset = plan.geometry().poolOffset(kind, instance);
    int[] numbers = new int[buffers];
    for (int i = 0; i < buffers; i++) {
      numbers[i] = plan.firstBuffer(kind) + instance * plan.quota(kind) + i;
      ledger.lend(numbers[i], pool, i);
    }
    arena.bytes().putInt(offset + plan.layout().pool().headOffset(), popped);
    arena.bytes().putInt(offset + plan.layout().pool().tailOffset(), buffers);
    return numbers;
  }

  private void setCurrent(BufferKind kind, int instance, long pointer, int sequence) {
    int offset = plan.geometry().poolOffset(kind, instance);
    arena.bytes().putLong(offset + PoolLayout.CURRENT_BUF_PTR_OFFSET, pointer);
    arena.bytes().putInt(offset + PoolLayout.CURRENT_BUF_SEQ_OFFSET, sequence);
  }

  private void setCount(int buffer, int count) {
    BufferKind kind = plan.kindOfBuffer(buffer);
    arena
        .bytes()
        .putInt(plan.offsetOfBuffer(buffer) + plan.layout().buffer(kind).countOffset(), count);
  }

  @Test
  void shouldFindNothingWhereNothingWasLent() {
    assertEquals(0, run(true));
  }

  @Test
  void shouldRecoverTheCurrentBuffer() {
    int[] buffers = lend(AICPU_TASK, 1, 3, 1);
    setCount(buffers[0], 3);
    setCurrent(AICPU_TASK, 1, table.deviceAddress(buffers[0]), 7);
    assertEquals(1, run(true));
    assertEquals(List.of(buffers[0] + " seq 7 count 3"), salvaged);
    assertEquals(BufferState.FREE_QUEUE, ledger.state(buffers[1]), "slots are left alone");
  }

  @Test
  void shouldTakeTheStashedBufferBeforeTheCurrentOne() {
    int[] buffers = lend(AICORE_TASK, 0, 3, 2);
    // The stash has the higher buffer number: the order is by age, not by position.
    setCurrent(AICORE_TASK, 0, table.deviceAddress(buffers[0]), 5);
    assertEquals(2, run(true));
    assertEquals(List.of(buffers[1] + " seq 4 count 8", buffers[0] + " seq 5 count 8"), salvaged);
  }

  @Test
  void shouldLeaveACurrentPointerThatWasReceivedAlready() {
    int[] buffers = lend(AICPU_TASK, 0, 2, 1);
    setCount(buffers[0], 5);
    setCurrent(AICPU_TASK, 0, table.deviceAddress(buffers[0]), 0);
    ledger.claim(buffers[0]);
    assertEquals(0, run(true));
    assertEquals(BufferState.READY, ledger.state(buffers[0]));
  }

  @Test
  void shouldGiveUpThePhaseThatMayBeTorn() {
    int[] buffers = lend(SCHED_PHASE, 1, 2, 1);
    setCount(buffers[0], 4);
    setCurrent(SCHED_PHASE, 1, table.deviceAddress(buffers[0]), 0);
    run(true);
    assertEquals(List.of(buffers[0] + " seq 0 count 3"), salvaged);
  }

  @Test
  void shouldBelieveAllPhasesOfADeviceThatEndedInOrder() {
    int[] buffers = lend(SCHED_PHASE, 1, 2, 1);
    setCount(buffers[0], 4);
    setCurrent(SCHED_PHASE, 1, table.deviceAddress(buffers[0]), 0);
    run(false);
    assertEquals(List.of(buffers[0] + " seq 0 count 4"), salvaged);
  }

  @Test
  void shouldRetireBuffersThatHoldNothingToBelieve() {
    for (int count : new int[] {0, 6, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      int[] buffers = lend(AICPU_TASK, 2, 1, 1);
      setCount(buffers[0], count);
      setCurrent(AICPU_TASK, 2, table.deviceAddress(buffers[0]), 0);
      assertEquals(0, run(true), "count " + count);
      assertEquals(BufferState.RETIRED, ledger.state(buffers[0]));
    }
    int[] phase = lend(SCHED_PHASE, 0, 1, 1);
    setCount(phase[0], 1);
    assertEquals(0, run(true), "the only record may be torn");
  }

  @Test
  void shouldSurviveAnyCurrentPointer() {
    int[] buffers = lend(AICPU_TASK, 0, 2, 1);
    setCount(buffers[0], 2);
    for (long wild : new long[] {0, -1, 64, table.deviceAddress(buffers[0]) + 8}) {
      ledger.lend(buffers[0], plan.pool(AICPU_TASK, 0), 0);
      setCurrent(AICPU_TASK, 0, wild, 3);
      setCount(buffers[0], 2);
      salvaged.clear();
      assertEquals(1, run(true), "found by the ledger alone");
      assertEquals(List.of(buffers[0] + " seq 2 count 2"), salvaged);
    }
  }

  private void setCounters(BufferKind kind, int total, int dropped, int published) {
    int at = plan.geometry().poolOffset(kind, 0);
    arena.bytes().putInt(at + PoolLayout.TOTAL_RECORD_COUNT_OFFSET, total);
    arena.bytes().putInt(at + PoolLayout.DROPPED_RECORD_COUNT_OFFSET, dropped);
    arena.bytes().putInt(at + PoolLayout.PUBLISHED_RECORD_COUNT_OFFSET, published);
  }

  @Test
  void shouldLeaveAnAicoreBufferWhoseFailedFlushIsCountedAsDropped() {
    useGeneration(Generation.CHIP_2026_09);
    int[] buffers = lend(AICORE_TASK, 0, 2, 1);
    setCurrent(AICORE_TASK, 0, table.deviceAddress(buffers[0]), 1);
    setCount(buffers[0], 5);
    setCounters(AICORE_TASK, 13, 5, 8);
    assertEquals(0, run(false));
    assertEquals(BufferState.RETIRED, ledger.state(buffers[0]));
  }

  @Test
  void shouldTakeAnAicoreBufferOfADeviceThatDiedBeforeItCountedTheDrop() {
    useGeneration(Generation.CHIP_2026_09);
    int[] buffers = lend(AICORE_TASK, 0, 2, 1);
    setCurrent(AICORE_TASK, 0, table.deviceAddress(buffers[0]), 1);
    setCount(buffers[0], 5);
    setCounters(AICORE_TASK, 13, 0, 8);
    assertEquals(1, run(true));
    assertEquals(List.of(buffers[0] + " seq 1 count 8"), salvaged);
  }
}
