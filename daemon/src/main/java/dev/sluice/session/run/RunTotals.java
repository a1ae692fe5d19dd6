package dev.sluice.session.run;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.ingest.AccountingLaw;
import java.util.Arrays;

/**
 * Everything that is counted over one or several runs, at one moment; never written after it was
 * made. Sums of these make the totals of a session and of a device.
 */
public final class RunTotals {
  public final AccountingLaw[] laws = new AccountingLaw[BufferKind.COUNT];
  public final long[][] drops = new long[BufferKind.COUNT][DropCause.ALL.size()];
  public final long[] violations = new long[AbiViolation.ALL.size()];
  public long pushStalls;
  public long pushStallNanos;
  public long popStalls;
  public long popStallNanos;

  /** Tasks that ended, by type of core; counted while a capture is written. */
  public final long[] tasks = new long[Geometry.CORE_TYPES.size()];

  /** Time that cores ran tasks, by type of core; likewise. */
  public final long[] busyNanos = new long[Geometry.CORE_TYPES.size()];

  public long syntheticVerified;
  public long syntheticMismatched;

  public RunTotals() {
    Arrays.fill(laws, AccountingLaw.ZERO);
  }

  public RunTotals plus(RunTotals other) {
    RunTotals sum = new RunTotals();
    sum.add(this);
    sum.add(other);
    return sum;
  }

  private void add(RunTotals other) {
    for (int kind = 0; kind < BufferKind.COUNT; kind++) {
      laws[kind] = laws[kind].plus(other.laws[kind]);
      for (int cause = 0; cause < drops[kind].length; cause++) {
        drops[kind][cause] += other.drops[kind][cause];
      }
    }
    for (int violation = 0; violation < violations.length; violation++) {
      violations[violation] += other.violations[violation];
    }
    for (int type = 0; type < tasks.length; type++) {
      tasks[type] += other.tasks[type];
      busyNanos[type] += other.busyNanos[type];
    }
    pushStalls += other.pushStalls;
    pushStallNanos += other.pushStallNanos;
    popStalls += other.popStalls;
    popStallNanos += other.popStallNanos;
    syntheticVerified += other.syntheticVerified;
    syntheticMismatched += other.syntheticMismatched;
  }

  /** The law over all kinds. */
  public AccountingLaw law() {
    AccountingLaw sum = AccountingLaw.ZERO;
    for (AccountingLaw law : laws) {
      sum = sum.plus(law);
    }
    return sum;
  }

  /** Bytes of the records that were collected, of one kind. */
  public long collectedBytes(BufferKind kind) {
    return laws[kind.ordinal()].collected() * kind.recordBytes();
  }
}
