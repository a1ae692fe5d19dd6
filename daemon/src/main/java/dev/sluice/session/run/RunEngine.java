package dev.sluice.session.run;

import dev.sluice.abi.BufferKind;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.config.FreezePolicy;
import dev.sluice.config.Settings;
import dev.sluice.device.Adoption;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.RunArena;
import dev.sluice.device.Salvage;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.FreezeGate;
import dev.sluice.device.lane.LaneSlack;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.handoff.SpscRing;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.LeaseSink;
import dev.sluice.ingest.TaskStatistics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The agents of one run, the arena they share, and the rings between them. Each ring has one
 * producer and one consumer:
 *
 * <pre>
 *              hint ring
 *      drain ------------> refill
 *        |                   ^
 *        | handoff ring      | return ring
 *        v                   |
 *      collector ------------+
 * </pre>
 *
 * <p>Several drains may share the ready queues, and several collectors the pools: each pair then
 * has a handoff ring, each drain a hint ring, and each collector a return ring.
 *
 * <p>Lock-free. Each agent belongs to the thread that steps it: a crew's thread during the run, the
 * settling thread afterwards; the crew synchronises the two. Methods that only read counters, rings
 * and watermarks may run on any thread while the arena is mapped.
 */
public final class RunEngine implements ThreadPacking.Slack {
  private static final int COLLECTOR_BATCH = 16;

  // Copying one buffer takes as long as counting a hundred: yield to a drain on the same thread
  // after each buffer.
  private static final int COPYING_BATCH = 1;

  private final RunArena arena;
  private final ArenaPlan plan;
  private final DeviceMemory memory;
  private final RunCapture capture;
  private final LaneSlack slack;
  private final SpscRing[][] handoffs; // by drain group, then by shard
  private final SpscRing[] returns; // by shard
  private final DrainAgent[] drains;
  private final CollectorAgent[] collectors;
  private final List<TaskStatistics> statistics = new ArrayList<>(); // by shard; empty for none
  private final RefillAgent refill;
  private final long[] sinkRefused; // by shard, as of the last call of isSinkFull
  private final long[] sinkTaken;
  private final ShardJournal[] journals; // by shard
  private boolean isRecycled;

  /**
   * Builds the agents on an initialised arena; its free queues stay empty until refill seeds them.
   */
  RunEngine(RunSetup setup) {
    this(setup, RunArena.of(setup.memory(), setup.plan(), setup.deviceBase(), setup.state()), 1);
  }

  /**
   * Builds the agents on the arena and state of another process; the device may be running.
   *
   * @param isLent whether a guard has lent a buffer since
   * @throws IOException one line, if arena and state are inconsistent
   */
  static RunEngine resumed(RunSetup setup, IntPredicate isLent) throws IOException {
    RunArena left =
        RunArena.asItStands(setup.memory(), setup.plan(), setup.deviceBase(), setup.state());
    // Every buffer must fit: those taken but not collected enter the rings before a collector runs.
    RunEngine engine = new RunEngine(setup, left, setup.plan().bufferCount());
    engine.resume(isLent);
    return engine;
  }

  private RunEngine(RunSetup setup, RunArena arena, int leastHandoffEntries) {
    this.arena = arena;
    plan = arena.plan();
    memory = arena.memory();
    capture = setup.capture();
    Settings settings = setup.settings();
    NanoClock clock = setup.clock();
    slack = new LaneSlack(plan.usableSlots());

    int queues = plan.readyQueues().size();
    int groups = Math.min(settings.drain().groups(), queues);
    int shards = setup.state().shards();
    journals = new ShardJournal[shards];
    Arrays.setAll(journals, setup.state()::journal);
    handoffs = new SpscRing[groups][];
    for (int group = 0; group < groups; group++) {
      handoffs[group] = rings(shards, Math.max(leastHandoffEntries, handoffEntries(settings)));
    }
    SpscRing[] hints = rings(groups, plan.bufferCount());
    returns = rings(shards, plan.bufferCount());
    collectors = new CollectorAgent[shards];
    sinkRefused = new long[shards];
    sinkTaken = new long[shards];
    for (int shard = 0; shard < shards; shard++) {
      TaskStatistics ofShard = null;
      if (capture.isCopying() && settings.collector().taskStatistics()) {
        ofShard = new TaskStatistics(plan.geometry());
        statistics.add(ofShard);
      }
      LeaseSink sink = capture.sink(shard, setup.checks().newSink(), ofShard);
      collectors[shard] = collector(shard, returns[shard], sink, journals[shard], clock);
    }
    refill =
        new RefillAgent(
            arena,
            hints,
            returns,
            settings.refill().freeze() == FreezePolicy.CYCLE
                ? FreezeGate.cycling(memory, plan.layout())
                : FreezeGate.never(memory, plan.layout()),
            settings.refill().sweepIntervalNanos(),
            clock);
    drains = new DrainAgent[groups];
    for (int group = 0; group < groups; group++) {
      drains[group] =
          new DrainAgent(
              arena,
              queuesOf(group, groups, queues),
              handoffs[group],
              hints[group],
              slack,
              settings.drain().batchEntries(),
              clock,
              setup.parks());
    }
  }

  private int handoffEntries(Settings settings) {
    return settings.drain().handoffEntries() != 0
        ? settings.drain().handoffEntries()
        : plan.bufferCount();
  }

  private static SpscRing[] rings(int count, int entries) {
    SpscRing[] rings = new SpscRing[count];
    Arrays.setAll(rings, ring -> SpscRing.forAtLeast(entries));
    return rings;
  }

  private void resume(IntPredicate isLent) throws IOException {
    Adoption adoption = new Adoption(arena, journals, isLent);
    int shards = collectors.length;
    for (int shard = 0; shard < shards; shard++) {
      int of = shard;
      collectors[shard].resume(
          IntStream.range(0, plan.poolCount()).filter(pool -> pool % shards == of).toArray(),
          pool -> plan.kindOfPool(pool) == BufferKind.AICORE_TASK ? plan.instanceOfPool(pool) : -1,
          // Buffers without a run epoch cannot be matched with the client's.
          place -> plan.layout().facts().hasCountedEntries() ? runs().epoch(place) : 0);
    }
    for (DrainAgent drain : drains) {
      drain.resume(pool -> run -> collectors[pool % shards].sequences(run), adoption);
    }
    refill.resume(adoption);
    if (adoption.isRecycled()) {
      expectGaps();
    }
    for (int buffer : adoption.ready()) {
      int pool = plan.homePool(buffer);
      if (adoption.isRecycled()) {
        // The guard may have recycled the buffer before it, which the dead host held too.
        collectors[pool % shards].expectGap(pool);
      }
      handoffs[0][pool % shards].offer(buffer);
    }
  }

  /** Whether a guard has recycled buffers while no host was running; their records are lost. */
  boolean isRecycled() {
    return isRecycled;
  }

  /** A guard has recycled buffers: expects the gaps in sequences that have not shown yet. */
  void expectGaps() {
    isRecycled = true;
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      collectors[pool % collectors.length].expectGap(pool);
    }
  }

  private CollectorAgent collector(
      int shard, SpscRing returns, LeaseSink sink, ShardJournal journal, NanoClock clock) {
    return new CollectorAgent(
        plan.geometry(),
        plan.poolCount(),
        Arrays.stream(handoffs).map(ofGroup -> ofGroup[shard]).toArray(SpscRing[]::new),
        arena.leases().shard(returns),
        sink,
        journal,
        capture.isCopying() || memory.isCopied() ? COPYING_BATCH : COLLECTOR_BATCH,
        clock);
  }

  private static int[] queuesOf(int group, int groups, int queueCount) {
    return IntStream.range(0, queueCount).filter(queue -> queue % groups == group).toArray();
  }

  /** Returns the runs to which buffers can belong. */
  OpenRuns runs() {
    return arena.leases().runs();
  }

  /** Returns task statistics by shard; empty if they are off. */
  List<TaskStatistics> statistics() {
    return statistics;
  }

  /** Returns the agents in the order in which a single thread should step them. */
  List<Agent> agents() {
    List<Agent> agents = new ArrayList<>(List.of(drains));
    agents.add(refill);
    agents.addAll(List.of(collectors));
    return agents;
  }

  /** Called by the drain's thread. */
  @Override
  public long slackNanos(long nowNs) {
    return slack.slackNanos(nowNs);
  }

  /** The device no longer writes: torn entries stay torn and need no further reads. */
  void endGrace() {
    for (DrainAgent drain : drains) {
      drain.endGrace();
    }
  }

  /** Whether buffers are on their way back to refill. */
  boolean isReturning() {
    for (SpscRing ring : returns) {
      if (ring.size() > 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether a collector waits for room in its sink. The agents must be off their threads. */
  boolean isHolding() {
    for (CollectorAgent collector : collectors) {
      if (collector.isHolding()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a collector's sink refused buffers since the last call and accepted none. Reads
   * counters only, so the agents may be running. One caller thread.
   */
  boolean isSinkFull() {
    boolean isFull = false;
    for (int shard = 0; shard < collectors.length; shard++) {
      long refused = collectors[shard].counters().get(CollectorAgent.SINK_FULL);
      long taken = collectors[shard].counters().get(CollectorAgent.BUFFERS);
      isFull |= refused != sinkRefused[shard] && taken == sinkTaken[shard];
      sinkRefused[shard] = refused;
      sinkTaken[shard] = taken;
    }
    return isFull;
  }

  /**
   * Hands unpublished buffers to the collectors. All published ones must have been drained.
   *
   * @param hasDied the producer stopped at an arbitrary instruction
   * @param makeRoom steps the agents when a handoff ring is full
   */
  void salvage(boolean hasDied, long nowNs, Runnable makeRoom) {
    new Salvage(arena)
        .run(
            hasDied,
            nowNs,
            new Salvage.Sink() {
              @Override
              public SpscRing ring(int pool) {
                return handoffs[0][pool % collectors.length];
              }

              @Override
              public void makeRoom(int pool) {
                makeRoom.run();
              }
            });
  }

  /** Starts a new watermark window. */
  public void rotateWatermarks() {
    refill.depth().rotate();
    for (DrainAgent drain : drains) {
      drain.fill().rotate();
    }
  }

  public ArenaPlan plan() {
    return plan;
  }

  public BufferLedger ledger() {
    return arena.ledger();
  }

  public RefillAgent refill() {
    return refill;
  }

  public DrainAgent[] drains() {
    return drains.clone();
  }

  public CollectorAgent[] collectors() {
    return collectors.clone();
  }

  /** Returns the buffers between drains and collectors. */
  public int handoffEntries() {
    int entries = 0;
    for (SpscRing[] ofGroup : handoffs) {
      for (SpscRing ring : ofGroup) {
        entries += ring.size();
      }
    }
    return entries;
  }

  /** Returns the ring capacity between drains and collectors, in buffers. */
  public int handoffCapacity() {
    int entries = 0;
    for (SpscRing[] ofGroup : handoffs) {
      for (SpscRing ring : ofGroup) {
        entries += ring.capacity();
      }
    }
    return entries;
  }
}
