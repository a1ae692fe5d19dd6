package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.LeaseTable;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.TestArena;
import org.junit.jupiter.api.Test;

class ArenaLeasesTest {
  private final TestArena arena = TestArena.small(Generation.L2_2026_07, 3, 2, 4);
  private final ArenaPlan plan = arena.plan();
  private final BufferTable table = new BufferTable(plan, TestArena.DEVICE_BASE);
  private final BufferLedger ledger = new BufferLedger(plan.bufferCount());
  private final ArenaLeases leases = new ArenaLeases(arena.memory(), plan, table, ledger);
  private final SpscRing returns = new SpscRing(1);
  private final LeaseTable shard = leases.shard(returns);
  private final Lease lease = new Lease();

  /** Returns a buffer of core or thread 1 in the state that the drain leaves. */
  private int ready(BufferKind kind, int count) {
    int pool = plan.pool(kind, 1);
    int buffer = plan.firstBuffer(kind) + plan.quota(kind);
    assertEquals(pool, plan.homePool(buffer));
    ledger.lend(buffer, pool, 0);
    arena.bytes().putInt(countOffset(kind, buffer), count);
    leases.describe(buffer, 1, 3, 17, 12_345);
    assertTrue(ledger.claim(buffer));
    return buffer;
  }

  private int countOffset(BufferKind kind, int buffer) {
    return plan.offsetOfBuffer(buffer) + plan.layout().buffer(kind).countOffset();
  }

  @Test
  void shouldShowWhatTheDrainDescribed() {
    int buffer = ready(BufferKind.SCHED_PHASE, 4);
    shard.open(buffer, lease);
    assertEquals(BufferState.COLLECTING, ledger.state(buffer));
    assertEquals(buffer, lease.number());
    assertEquals(BufferKind.SCHED_PHASE, lease.kind());
    assertEquals(plan.offsetOfBuffer(buffer), lease.offset());
    assertEquals(plan.pool(BufferKind.SCHED_PHASE, 1), lease.pool());
    assertEquals(1, lease.instance());
    assertEquals(3, lease.queue());
    assertEquals(17, lease.sequence());
    assertEquals(4, lease.countUntrusted());
    assertEquals(12_345, lease.readyNs());
    assertFalse(lease.isSalvaged());
  }

  @Test
  void shouldShowTheCountWordOfEachKind() {
    for (BufferKind kind : BufferKind.TIMED) {
      if (plan.instances(kind) > 1) {
        int buffer = ready(kind, 3 + kind.ordinal());
        shard.open(buffer, lease);
        assertEquals(3 + kind.ordinal(), lease.countUntrusted(), kind.label());
      }
    }
  }

  @Test
  void shouldResetTheCountWhenABufferGoesBack() {
    int buffer = ready(BufferKind.AICPU_TASK, 5);
    shard.open(buffer, lease);
    assertTrue(shard.release(lease));
    assertEquals(0, arena.bytes().getInt(countOffset(BufferKind.AICPU_TASK, buffer)));
    assertEquals(BufferState.FREE, ledger.state(buffer));
    assertEquals(buffer, returns.poll());
  }

  @Test
  void shouldTouchNothingWhileTheReturnRingIsFull() {
    returns.offer(99);
    int buffer = ready(BufferKind.AICPU_TASK, 5);
    shard.open(buffer, lease);
    assertFalse(shard.release(lease));
    assertEquals(5, arena.bytes().getInt(countOffset(BufferKind.AICPU_TASK, buffer)));
    assertEquals(BufferState.COLLECTING, ledger.state(buffer));
    returns.poll();
    assertTrue(shard.release(lease));
    assertEquals(BufferState.FREE, ledger.state(buffer));
  }

  @Test
  void shouldBelieveASalvagedBufferOnlyAsFarAsItWasDescribed() {
    int buffer = ready(BufferKind.SCHED_PHASE, 6);
    leases.describeSalvaged(buffer, 1, 2, 5, 0);
    shard.open(buffer, lease);
    assertTrue(lease.isSalvaged());
    assertEquals(5, lease.countUntrusted());
    assertEquals(-1, lease.queue());
  }
}
