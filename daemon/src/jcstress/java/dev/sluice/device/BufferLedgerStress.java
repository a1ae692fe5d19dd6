package dev.sluice.device;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The two races that the ledger resolves. */
public final class BufferLedgerStress {
  private BufferLedgerStress() {}

  /** The drain claims a published buffer while refill records its pop. */
  @JCStressTest
  @Outcome(id = "true, 1", expect = Expect.ACCEPTABLE, desc = "claimed")
  @Outcome(expect = Expect.FORBIDDEN, desc = "a good entry was refused, or the claim undone")
  @State
  public static class ClaimAgainstPop {
    private final BufferLedger ledger = new BufferLedger(1);

    public ClaimAgainstPop() {
      ledger.lend(0, 0, 0);
    }

    @Actor
    public void drain(ZI_Result r) {
      r.r1 = ledger.claim(0);
    }

    @Actor
    public void refill() {
      ledger.popped(0);
    }

    @Arbiter
    public void state(ZI_Result r) {
      r.r2 = ledger.state(0) == BufferState.READY ? 1 : 0;
    }
  }

  /** Two drains find an entry for the same buffer in two queues. */
  @JCStressTest
  @Outcome(
      id = {"true, false", "false, true"},
      expect = Expect.ACCEPTABLE,
      desc = "one has it")
  @Outcome(expect = Expect.FORBIDDEN, desc = "both or neither")
  @State
  public static class ClaimAgainstClaim {
    private final BufferLedger ledger = new BufferLedger(1);

    public ClaimAgainstClaim() {
      ledger.lend(0, 0, 0);
      ledger.popped(0);
    }

    @Actor
    public void one(ZZ_Result r) {
      r.r1 = ledger.claim(0);
    }

    @Actor
    public void other(ZZ_Result r) {
      r.r2 = ledger.claim(0);
    }
  }
}
