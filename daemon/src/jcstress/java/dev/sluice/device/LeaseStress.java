package dev.sluice.device;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.LeaseTable;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.TestArena;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** The path of a buffer through the daemon: drain, collector, refill. */
public final class LeaseStress {
  private static final TestArena ARENA = TestArena.small(Generation.L2_2026_07, 3, 2, 4);
  private static final ArenaPlan PLAN = ARENA.plan();
  private static final BufferTable TABLE = new BufferTable(PLAN, TestArena.DEVICE_BASE);
  private static final int POOL = PLAN.pool(BufferKind.SCHED_PHASE, 1);
  private static final int BUFFER =
      PLAN.firstBuffer(BufferKind.SCHED_PHASE) + PLAN.quota(BufferKind.SCHED_PHASE);

  private LeaseStress() {}

  /** A collector that receives a number sees the row that the drain wrote for it. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "polled too early")
  @Outcome(id = "17, 12345", expect = Expect.ACCEPTABLE, desc = "the number and its row")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a number without its row")
  @State
  public static class HandOver {
    private final BufferLedger ledger = new BufferLedger(PLAN.bufferCount());
    private final ArenaLeases leases = new ArenaLeases(ARENA.memory(), PLAN, TABLE, ledger);
    private final SpscRing handoff = new SpscRing(1);
    private final LeaseTable shard = leases.shard(new SpscRing(1));
    private final Lease lease = new Lease();

    public HandOver() {
      ledger.lend(BUFFER, POOL, 0);
      ledger.popped(BUFFER);
    }

    @Actor
    public void drain() {
      leases.describe(BUFFER, 1, 3, 17, 12_345);
      if (ledger.claim(BUFFER)) {
        handoff.offer(BUFFER);
      }
    }

    @Actor
    public void collector(JJ_Result r) {
      long number = handoff.poll();
      if (number != SpscRing.EMPTY) {
        shard.open((int) number, lease);
        r.r1 = lease.sequence();
        r.r2 = lease.readyNs();
      }
    }
  }

  /** Refill lends a buffer again that a collector returned; a late claim has no effect. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "polled too early")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "given back, not claimed meanwhile")
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "lent again and claimed again")
  @Outcome(expect = Expect.FORBIDDEN, desc = "lent while it was read, or claimed unlent")
  @State
  public static class GiveBack {
    private final BufferLedger ledger = new BufferLedger(PLAN.bufferCount());
    private final ArenaLeases leases = new ArenaLeases(ARENA.memory(), PLAN, TABLE, ledger);
    private final SpscRing returns = new SpscRing(1);
    private final LeaseTable shard = leases.shard(returns);
    private final Lease lease = new Lease();

    public GiveBack() {
      ledger.lend(BUFFER, POOL, 0);
      leases.describe(BUFFER, 1, 3, 17, 12_345);
      ledger.claim(BUFFER);
    }

    @Actor
    public void collector() {
      shard.open(BUFFER, lease);
      shard.release(lease);
    }

    @Actor
    public void refill(JJ_Result r) {
      long number = returns.poll();
      if (number != SpscRing.EMPTY) {
        r.r1 = ledger.state((int) number) == BufferState.FREE ? 1 : -1;
        ledger.lend((int) number, POOL, 1);
      }
    }

    @Actor
    public void drain(JJ_Result r) {
      // The device may only publish buffers it popped after the second loan: head 2.
      if (ledger.isWithDevice(BUFFER, 2)) {
        r.r2 = ledger.poolOf(BUFFER) == POOL && ledger.claim(BUFFER) ? 1 : -1;
      }
    }
  }
}
