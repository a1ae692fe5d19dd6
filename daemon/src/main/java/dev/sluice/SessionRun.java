package dev.sluice;

import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.FaultSettings;
import dev.sluice.config.FreezePolicy;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaLeases;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferTable;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.Salvage;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.FreezeGate;
import dev.sluice.device.lane.LaneSlack;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.handoff.SpscRing;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.ingest.LeaseSink;
import dev.sluice.ingest.RunEnd;
import dev.sluice.ingest.ThrottledSink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
final class SessionRun implements ThreadPacking.Slack {
  private static final int COLLECTOR_BATCH = 16;

  // A sink or a memory that copies takes as long for one buffer as counting for a hundred: between
  // two buffers it is the drain's turn, where both share a thread.
  private static final int COPYING_BATCH = 1;

  // Far more than draining a full arena takes; ends a settlement whose sink never has room, or
  // whose device is said to be complete and goes on writing.
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
  private final RunBooks books;
  private final RunCapture capture;
  private final FaultSettings faults;
  private final List<ThrottledSink> throttles = new ArrayList<>();
  private final SessionHeadroom headroom;
  private final RunDrops drops;

  private RunTotals totals = new RunTotals();
  private boolean isSettled;

  /**
   * Initialises the region and fills the free queues; nothing runs yet.
   *
   * @param deviceBase the address at which the device sees arena byte 0
   * @param parks of the thread that will run the drain agents
   * @param checks what else looks at the records
   * @param capture makes the sink of each collector
   */
  SessionRun(
      ArenaPlan plan,
      DeviceMemory memory,
      long deviceBase,
      Settings settings,
      NanoClock clock,
      ParkMeter parks,
      Supplier<ContentChecks> checks,
      RunCapture capture) {
    this.plan = plan;
    this.capture = capture;
    this.memory = memory;
    this.faults = settings.faults();
    this.clock = clock;
    ContentChecks contentChecks = checks.get();
    Arena.initialise(memory, plan);
    table = new BufferTable(plan, deviceBase);
    ledger = new BufferLedger(plan.bufferCount());
    leases = new ArenaLeases(memory, plan, table, ledger);
    slack = new LaneSlack(plan.usableSlots());

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
    boolean isCopying = capture.isCopying() || memory.isCopied();
    collectors = new CollectorAgent[shards];
    for (int shard = 0; shard < shards; shard++) {
      int column = shard;
      returns[shard] = SpscRing.forAtLeast(plan.bufferCount());
      LeaseSink sink = capture.sink(shard, contentChecks.newSink());
      if (faults.collectorBytesPerSecond() > 0) {
        long share = Math.max(1, faults.collectorBytesPerSecond() / shards);
        throttles.add(new ThrottledSink(sink, share, clock));
        sink = throttles.get(shard);
      }
      collectors[shard] =
          new CollectorAgent(
              plan.geometry(),
              plan.poolCount(),
              IntStream.range(0, groups)
                  .mapToObj(group -> handoffs[group][column])
                  .toArray(SpscRing[]::new),
              leases.shard(returns[shard]),
              sink,
              isCopying ? COPYING_BATCH : COLLECTOR_BATCH,
              clock);
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
    books = new RunBooks(plan, memory, drains, refill, collectors, contentChecks);
    drops = new RunDrops(plan, memory, books, drains, refill.shortages());
    refill.seed();
    headroom =
        new SessionHeadroom(
            plan,
            drains,
            refill,
            collectors,
            books,
            capture,
            settings.headroom(),
            clock.nanoTime());
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

  private List<Agent> agentsBut(Agent left) {
    List<Agent> agents = agents();
    agents.remove(left);
    return agents;
  }

  /** The same as a thread should step them: as slow as the configuration asks for. */
  List<Agent> steppedAgents() {
    return SlowedAgents.of(agents(), faults, clock);
  }

  /** The drain's thread. */
  @Override
  public long slackNanos(long nowNs) {
    return slack.slackNanos(nowNs);
  }

  @Override
  public long backlogNanos() {
    return capture.backlogNanos();
  }

  /**
   * Drains what is published, salvages what is left, and closes the books. The agents must have
   * been taken off their threads; they are stepped here.
   *
   * @param end if not complete, the device still runs: it gets no buffer while it is drained, or
   *     that would have no end, nothing is salvaged, and what it holds stays in flight
   */
  synchronized void settle(RunEnd end) {
    if (isSettled) {
      return;
    }
    throttles.forEach(ThrottledSink::lift);
    if (end.isComplete() && memory.failure() == 0) {
      for (DrainAgent drain : drains) {
        drain.endGrace();
      }
    }
    stepUntilQuiet(end.isComplete() ? agents() : agentsBut(refill));
    if (!end.isComplete()) {
      refill.doWork(); // what was drained, for a device that goes on without this host for a while
    }
    refill.gate().release();
    if (end.isComplete() && memory.failure() == 0) {
      new Salvage(memory, plan, table, ledger, leases)
          .run(
              end == RunEnd.DIED,
              clock.nanoTime(),
              new Salvage.Sink() {
                @Override
                public SpscRing ring(int pool) {
                  return handoffs[0][pool % collectors.length];
                }

                @Override
                public void makeRoom(int pool) {
                  stepUntilQuiet(agents());
                }
              });
      stepUntilQuiet(agents());
    }
    // What a device that failed still held can neither be had nor be called lost.
    totals = books.count(memory.failure() == 0 ? end : RunEnd.NOT_YET);
    // The end of a run that was too short for the janitor counts, too.
    headroom.sample(clock.nanoTime());
    isSettled = true;
  }

  /**
   * Until a whole round has moved nothing, twice: what the first left may enable the second. A
   * capture that is behind gets its time, but not for ever: in the end it counts what it loses.
   */
  private void stepUntilQuiet(List<Agent> agents) {
    long waitUntilNs = clock.nanoTime() + capture.patienceNanos();
    int quiet = 0;
    for (int cycle = 0; quiet < 2 && cycle < MAX_SETTLE_CYCLES; cycle++) {
      int work = 0;
      for (Agent agent : agents) {
        work += agent.doWork();
      }
      if (work == 0 && isHolding()) {
        if (clock.nanoTime() - waitUntilNs < 0) {
          capture.pause();
        } else {
          capture.stopWaiting();
        }
        continue;
      }
      quiet = work == 0 ? quiet + 1 : 0;
    }
  }

  private boolean isHolding() {
    for (CollectorAgent collector : collectors) {
      if (collector.isHolding()) {
        return true;
      }
    }
    return false;
  }

  /** Which AICPU thread serves which core, as the device wrote it; -1 for none. */
  List<Integer> coreToThread() {
    List<Integer> threads = new ArrayList<>();
    for (int core = 0; core < plan.geometry().numCores(); core++) {
      threads.add(RunDrops.coreToThread(plan, memory, core));
    }
    return threads;
  }

  /** The books as they stand; final after {@link #settle}. Any thread. */
  synchronized RunTotals totals() {
    if (!isSettled) {
      totals = books.count(RunEnd.NOT_YET);
    }
    return totals;
  }

  /** The counters behind {@link #totals}: latencies and evidence. */
  RunBooks books() {
    return books;
  }

  /** Takes a sample for the headroom. Janitor, and again where the books have just been counted. */
  synchronized void sampleHeadroom() {
    if (!isSettled) {
      headroom.sample(clock.nanoTime());
    }
  }

  /** Tells of the drops since it was called last, each with its evidence. */
  synchronized void tellDrops(Consumer<DropEvent> listener) {
    drops.tell(headroom.headroom(), handoffEntries(), listener);
  }

  /** How near each ceiling is, as of the last sample. Any thread. */
  Headroom headroom() {
    return headroom.headroom();
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
    return books.readyEntries(queue);
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
