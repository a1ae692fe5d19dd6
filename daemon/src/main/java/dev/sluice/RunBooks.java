package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Generation.OverflowPolicy;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.IncidentRecorder;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.PoolCounters;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.ingest.DropAttribution;

/**
 * The books of one run: puts what the agents have counted beside what the device says of itself.
 * Called by one thread at a time; the agents may be running, since their counters are made for it.
 */
final class RunBooks {
  private final ArenaPlan plan;
  private final DrainAgent[] drains;
  private final RefillAgent refill;
  private final CollectorAgent[] collectors;
  private final ContentChecks checks;
  private final PoolCounters deviceCounters;
  private final DropAttribution attribution;
  private final boolean deviceBlocks;

  RunBooks(
      ArenaPlan plan,
      DeviceMemory memory,
      DrainAgent[] drains,
      RefillAgent refill,
      CollectorAgent[] collectors,
      ContentChecks checks) {
    this.plan = plan;
    this.drains = drains;
    this.refill = refill;
    this.collectors = collectors;
    this.checks = checks;
    this.deviceCounters = new PoolCounters(memory, plan);
    this.attribution = new DropAttribution(plan.poolCount());
    this.deviceBlocks = plan.layout().generation().overflowPolicy() == OverflowPolicy.BLOCK;
  }

  /** Records that the device set out to write to a pool, as of the last count. */
  long produced(int pool) {
    return deviceCounters.total(pool);
  }

  /** Of those, dropped for want of any buffer. */
  long exhausted(int pool) {
    return attribution.exhausted(pool);
  }

  /** Adds the latencies so far to {@code into}. Any thread. */
  void addLatencies(RunLatencies into) {
    for (BufferKind kind : BufferKind.ALL) {
      refill.latency(kind).addTo(into.refill[kind.ordinal()]);
    }
    for (DrainAgent drain : drains) {
      drain.pauses().addTo(into.drainPause);
    }
  }

  /**
   * Reads everything, and closes the law as far as it can be.
   *
   * @param isComplete nothing is in flight any more: drained and salvaged
   * @param hasDied the producer stopped at an arbitrary instruction
   */
  RunTotals count(boolean isComplete, boolean hasDied) {
    int pools = plan.poolCount();
    long[] collected = new long[pools];
    long[] salvaged = new long[pools];
    long[] gaps = new long[pools];
    long[] missing = new long[pools];
    // Before the device's counters are read: a record is produced before it is collected.
    for (int pool = 0; pool < pools; pool++) {
      for (CollectorAgent collector : collectors) {
        collected[pool] += collector.books().collected().get(pool);
        salvaged[pool] += collector.books().salvaged().get(pool);
        gaps[pool] += collector.books().tokenGaps().get(pool);
        missing[pool] += collector.books().missingBuffers().get(pool);
      }
    }
    CounterArray late = refill.starvedHostLate();
    CounterArray exhausted = refill.starvedPoolExhausted();
    attribution.begin(sum(DrainAgent.READY_QUEUE_FULL));
    deviceCounters.refresh();
    RunTotals now = new RunTotals();
    for (int pool = 0; pool < pools; pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      attribution.pool(
          pool, kind, deviceCounters.dropped(pool), late.get(pool), exhausted.get(pool));
      AccountingLaw.Evidence evidence =
          new AccountingLaw.Evidence(
              kind,
              deviceCounters.total(pool),
              deviceCounters.dropped(pool),
              collected[pool],
              salvaged[pool],
              gaps[pool],
              missing[pool],
              plan.layout().buffer(kind).records(),
              plan.quota(kind),
              deviceBlocks);
      AccountingLaw law =
          isComplete ? AccountingLaw.settled(evidence, hasDied) : AccountingLaw.running(evidence);
      now.laws[kind.ordinal()] = now.laws[kind.ordinal()].plus(law);
    }
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      for (DropCause cause : DropCause.ALL) {
        now.drops[k][cause.ordinal()] = attribution.count(kind, cause);
      }
      now.drops[k][DropCause.INFERRED.ordinal()] += now.laws[k].inferred();
      now.drops[k][DropCause.PRODUCER_DIED.ordinal()] += now.laws[k].died();
    }
    countAgents(now);
    return now;
  }

  private void countAgents(RunTotals now) {
    for (DrainAgent drain : drains) {
      addViolations(now, drain.violations());
    }
    addViolations(now, refill.violations());
    for (CollectorAgent collector : collectors) {
      addViolations(now, collector.violations());
    }
    now.violations[AbiViolation.COUNTER_BACKWARDS.ordinal()] += deviceCounters.backwards();
    now.pushStalls = sum(DrainAgent.READY_QUEUE_FULL);
    now.pushStallNanos = sum(DrainAgent.READY_QUEUE_FULL_NANOS);
    now.popStalls = refill.counters().get(RefillAgent.POP_STALLS);
    now.popStallNanos = refill.counters().get(RefillAgent.POP_STALL_NANOS);
    now.syntheticVerified = checks.verified();
    now.syntheticMismatched = checks.mismatched();
  }

  private static void addViolations(RunTotals now, IncidentRecorder recorder) {
    for (AbiViolation violation : AbiViolation.ALL) {
      now.violations[violation.ordinal()] += recorder.count(violation.ordinal());
    }
  }

  private long sum(int drainCounter) {
    long sum = 0;
    for (DrainAgent drain : drains) {
      sum += drain.counters().get(drainCounter);
    }
    return sum;
  }

  /** The first case of a violation, for a log line. */
  String evidence(AbiViolation violation) {
    for (DrainAgent drain : drains) {
      if (drain.violations().count(violation.ordinal()) > 0) {
        return "drain, " + drain.violations().evidence(violation.ordinal());
      }
    }
    if (refill.violations().count(violation.ordinal()) > 0) {
      return "refill, " + refill.violations().evidence(violation.ordinal());
    }
    for (CollectorAgent collector : collectors) {
      if (collector.violations().count(violation.ordinal()) > 0) {
        return "collector, " + collector.violations().evidence(violation.ordinal());
      }
    }
    return "no evidence kept";
  }
}
