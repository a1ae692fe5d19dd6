package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Generation.OverflowPolicy;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.FreezePolicy;
import dev.sluice.config.Settings;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.IncidentRecorder;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaLeases;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferTable;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.PoolCounters;
import dev.sluice.device.Salvage;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.FreezeGate;
import dev.sluice.device.lane.LaneSlack;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.handoff.SpscRing;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.ingest.DropAttribution;
import dev.sluice.ingest.LeaseSink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * One run of a device in an arena: the agents with their rings, built for this run alone and thrown
 * away after it, and the books that they keep.
 *
 * <p>Life: construct (the region is initialised and the free queues are full), let a crew step
 * {@link #agents}, take them off their threads, {@link #settle}. The agents are wired thus:
 *
 * <pre>
 *              hint ring
 *      drain ------------> refill
 *        |                   ^
 *        | handoff ring      | return ring
 *        v                   |
 *      collector ------------+
 * </pre>
 */
final class SessionRun {
  private static final int COLLECTOR_BATCH = 16;

  // Far more than draining a full arena takes; ends a settlement whose sink never has room, or
  // whose device goes on writing.
  private static final int MAX_SETTLE_CYCLES = 100_000;

  private final ArenaPlan plan;
  private final DeviceMemory memory;
  private final BufferTable table;
  private final BufferLedger ledger;
  private final ArenaLeases leases;
  private final NanoClock clock;
  private final LaneSlack slack;
  private final SpscRing[][] handoffs;
  private final DrainAgent[] drains;
  private final CollectorAgent[] collectors;
  private final RefillAgent refill;
  private final PoolCounters deviceCounters;
  private final DropAttribution attribution;
  private final boolean deviceBlocks;
  private final ContentChecks checks;

  private RunTotals totals = new RunTotals();
  private boolean isSettled;

  /**
   * Initialises the region and fills the free queues; nothing runs yet.
   *
   * @param deviceBase the address at which the device sees arena byte 0
   * @param parks of the thread that will run the drain agents
   * @param checks makes the sink of each collector
   */
  SessionRun(
      ArenaPlan plan,
      DeviceMemory memory,
      long deviceBase,
      Settings settings,
      NanoClock clock,
      ParkMeter parks,
      Supplier<ContentChecks> checks) {
    this.plan = plan;
    this.memory = memory;
    this.clock = clock;
    this.checks = checks.get();
    this.deviceBlocks = plan.layout().generation().overflowPolicy() == OverflowPolicy.BLOCK;
    Arena.initialise(memory, plan);
    table = new BufferTable(plan, deviceBase);
    ledger = new BufferLedger(plan.bufferCount());
    leases = new ArenaLeases(memory, plan, table, ledger);
    deviceCounters = new PoolCounters(memory, plan);
    attribution = new DropAttribution(plan.poolCount());
    slack = new LaneSlack(usableSlots(plan));

    int groups = Math.min(settings.drain().groups(), plan.layout().queueCount());
    int shards = settings.collector().shards();
    int handoffEntries =
        settings.drain().handoffEntries() != 0
            ? settings.drain().handoffEntries()
            : plan.bufferCount();
    handoffs = new SpscRing[groups][shards];
    SpscRing[] hints = new SpscRing[groups];
    SpscRing[] returns = new SpscRing[shards];
    for (int group = 0; group < groups; group++) {
      hints[group] = SpscRing.forAtLeast(plan.bufferCount());
      for (int shard = 0; shard < shards; shard++) {
        handoffs[group][shard] = SpscRing.forAtLeast(handoffEntries);
      }
    }
    collectors = new CollectorAgent[shards];
    for (int shard = 0; shard < shards; shard++) {
      int column = shard;
      returns[shard] = SpscRing.forAtLeast(plan.bufferCount());
      LeaseSink sink = this.checks.newSink();
      collectors[shard] =
          new CollectorAgent(
              plan.geometry(),
              plan.poolCount(),
              IntStream.range(0, groups)
                  .mapToObj(group -> handoffs[group][column])
                  .toArray(SpscRing[]::new),
              leases.shard(returns[shard]),
              sink,
              COLLECTOR_BATCH);
    }
    FreezeGate gate =
        settings.refill().freeze() == FreezePolicy.CYCLE
            ? FreezeGate.cycling(memory, plan.layout())
            : FreezeGate.never(memory, plan.layout());
    refill =
        new RefillAgent(
            memory,
            plan,
            table,
            ledger,
            hints,
            returns,
            gate,
            settings.refill().sweepIntervalNanos(),
            clock);
    drains = new DrainAgent[groups];
    for (int group = 0; group < groups; group++) {
      drains[group] =
          new DrainAgent(
              memory,
              plan,
              table,
              ledger,
              leases,
              queuesOf(group, groups, plan.layout().queueCount()),
              handoffs[group],
              hints[group],
              slack,
              settings.drain().batchEntries(),
              clock,
              parks);
    }
    refill.seed();
  }

  private static int[] usableSlots(ArenaPlan plan) {
    return IntStream.range(0, plan.poolCount())
        .map(pool -> Math.min(plan.layout().pool().slotCount(), plan.quota(plan.kindOfPool(pool))))
        .toArray();
  }

  private static int[] queuesOf(int group, int groups, int queueCount) {
    return IntStream.range(0, queueCount).filter(queue -> queue % groups == group).toArray();
  }

  /** In the order in which one thread should step them. */
  List<Agent> agents() {
    List<Agent> agents = new ArrayList<>(List.of(drains));
    agents.add(refill);
    agents.addAll(List.of(collectors));
    return agents;
  }

  /** How long the device can do without the host. The drain's thread. */
  long slackNanos(long nowNs) {
    return slack.slackNanos(nowNs);
  }

  /**
   * Drains what is published, salvages what is left, and closes the books. The agents must have
   * been taken off their threads; they are stepped here.
   *
   * @param isComplete the device has finished or died; if false it still runs, nothing is salvaged
   *     and what it holds stays in flight
   * @param hasDied the producer stopped at an arbitrary instruction
   */
  synchronized void settle(boolean isComplete, boolean hasDied) {
    if (isSettled) {
      return;
    }
    if (isComplete) {
      for (DrainAgent drain : drains) {
        drain.endGrace();
      }
    }
    stepUntilQuiet();
    refill.gate().release();
    if (isComplete) {
      new Salvage(memory, plan, table, ledger, leases)
          .run(
              hasDied,
              clock.nanoTime(),
              new Salvage.Sink() {
                @Override
                public SpscRing ring(int pool) {
                  return handoffs[0][pool % collectors.length];
                }

                @Override
                public void makeRoom(int pool) {
                  stepUntilQuiet();
                }
              });
      stepUntilQuiet();
    }
    totals = count(isComplete, hasDied);
    isSettled = true;
  }

  /** Until a whole round has moved nothing, twice: what the first left may enable the second. */
  private void stepUntilQuiet() {
    int quiet = 0;
    for (int cycle = 0; quiet < 2 && cycle < MAX_SETTLE_CYCLES; cycle++) {
      int work = 0;
      for (Agent agent : agents()) {
        work += agent.doWork();
      }
      quiet = work == 0 ? quiet + 1 : 0;
    }
  }

  /** The books as they stand; final after {@link #settle}. Any thread. */
  synchronized RunTotals totals() {
    if (!isSettled) {
      totals = count(false, false);
    }
    return totals;
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

  private RunTotals count(boolean isComplete, boolean hasDied) {
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

  /** Starts a new watermark window. */
  void rotateWatermarks() {
    refill.depth().rotate();
    for (DrainAgent drain : drains) {
      drain.fill().rotate();
    }
  }

  ArenaPlan plan() {
    return plan;
  }

  BufferLedger ledger() {
    return ledger;
  }

  RefillAgent refill() {
    return refill;
  }

  DrainAgent[] drains() {
    return drains.clone();
  }

  /** Entries in the ready queue now, 0 if its indices make no sense. Any thread while mapped. */
  int readyEntries(int queue) {
    int head = memory.loadIntAcquire(plan.layout().queueHeadOffset(queue));
    int tail = memory.loadIntAcquire(plan.layout().queueTailOffset(queue));
    int entries = plan.layout().queueEntries();
    if (head < 0 || head >= entries || tail < 0 || tail >= entries) {
      return 0;
    }
    return tail >= head ? tail - head : tail - head + entries;
  }

  /** Buffers between drain and collectors. */
  int handoffEntries() {
    int entries = 0;
    for (SpscRing[] row : handoffs) {
      for (SpscRing ring : row) {
        entries += ring.size();
      }
    }
    return entries;
  }

  /** Room between drain and collectors. */
  int handoffCapacity() {
    int entries = 0;
    for (SpscRing[] row : handoffs) {
      for (SpscRing ring : row) {
        entries += ring.capacity();
      }
    }
    return entries;
  }
}
