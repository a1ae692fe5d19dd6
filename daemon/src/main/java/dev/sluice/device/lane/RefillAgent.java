package dev.sluice.device.lane;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.IncidentRecorder;
import dev.sluice.counters.LatencyRecorder;
import dev.sluice.counters.Watermark;
import dev.sluice.device.Adoption;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferState;
import dev.sluice.device.BufferTable;
import dev.sluice.device.ControlWords;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.LiveWords;
import dev.sluice.device.RunArena;
import dev.sluice.handoff.SpscRing;

/**
 * Keeps the free queues of a session filled; the only writer of free-queue slots and tails, and of
 * the freeze flags.
 *
 * <p>Refill follows what the device consumed, not only what it published: hints from the drain and
 * returned buffers are served first, and all pools are swept at least once per sweep interval and
 * on idle passes. A starved pool has nothing left to publish, so hints alone would never revive it.
 *
 * <p>No pool exceeds its quota (abi.md, rule C1), because it is only lent its own buffers.
 */
public final class RefillAgent implements Agent {
  /** Buffers pushed into free queues. */
  public static final int PUSHED = 0;

  /** Sweeps over all pools. */
  public static final int SWEEPS = 1;

  /** Maximum number of buffers taken back from one ring in one cycle. */
  public static final int RETURNS_PER_CYCLE = 256;

  /**
   * Longest time that a free queue may have been empty, in nanoseconds: from the last check that
   * found a buffer in it to the one that added a buffer or still found it empty.
   */
  public static final int LONGEST_EMPTY_NANOS = 2;

  private static final int COUNTERS = 3;
  private static final int HINTS_PER_CYCLE = 256;

  // Interval of idle sweeps for starved pools; a sweep costs a cache line per pool.
  private static final long IDLE_SWEEP_NANOS = 50_000;

  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final BufferTable table;
  private final BufferLedger ledger;
  private final FreeLane[] lanes;
  private final FreeBuffers spare;
  private final SpscRing[] hintRings;
  private final SpscRing[] returnRings;
  private final FreezeGate gate;
  private final NanoClock clock;
  private final long sweepIntervalNs;
  private final boolean deviceBlocks;
  private final boolean popsAicoreFirst;

  private final CounterArray counters = new CounterArray(COUNTERS);
  private final CounterArray stalls; // by pool
  private final CounterArray stallNanos;
  private final Shortages shortages;
  private final IncidentRecorder violations = new IncidentRecorder(AbiViolation.ALL.size());
  private final LatencyRecorder[] latency = new LatencyRecorder[BufferKind.COUNT];
  private final Watermark depth = Watermark.lowest(BufferKind.COUNT);
  private final Watermark atHand;
  private final Watermark fewestEntries;
  private final Watermark lateness;

  private final ControlWords liveWords;
  private final ControlWords sweptWords;
  // Current source for reads of the lanes: one of the two above.
  private ControlWords words;

  // Lanes that are owed a buffer but have no empty slot yet.
  private final FreeLane[] awaited;
  private int awaitedCount;
  private long lastSweepNs;

  /**
   * @param hintRings one per drain agent
   * @param returnRings one per collector
   */
  public RefillAgent(
      RunArena arena,
      SpscRing[] hintRings,
      SpscRing[] returnRings,
      FreezeGate gate,
      long sweepIntervalNs,
      NanoClock clock) {
    this.memory = arena.memory();
    this.plan = arena.plan();
    this.table = arena.table();
    this.ledger = arena.ledger();
    if (plan.poolCount() > RefillHint.MAX_POOLS) {
      throw new IllegalArgumentException(plan.poolCount() + " pools do not fit a hint");
    }
    this.hintRings = hintRings;
    this.returnRings = returnRings;
    this.gate = gate;
    this.sweepIntervalNs = sweepIntervalNs;
    this.clock = clock;
    this.deviceBlocks = plan.layout().facts().isPatient();
    this.popsAicoreFirst = plan.layout().facts().popsAicoreBeforePublishing();
    this.spare = new FreeBuffers(plan);
    this.liveWords = new LiveWords(memory);
    this.sweptWords = memory.words(plan.poolsOffset(), plan.poolsEnd() - plan.poolsOffset());
    this.words = liveWords;
    this.lanes = new FreeLane[plan.poolCount()];
    for (BufferKind kind : BufferKind.ALL) {
      latency[kind.ordinal()] = new LatencyRecorder();
      for (int instance = 0; instance < plan.instances(kind); instance++) {
        int pool = plan.pool(kind, instance);
        lanes[pool] =
            new FreeLane(
                memory,
                plan.layout().pool(kind),
                pool,
                kind,
                plan.poolOffset(pool),
                plan.quota(kind));
      }
    }
    awaited = new FreeLane[lanes.length];
    atHand = Watermark.lowest(lanes.length);
    fewestEntries = Watermark.lowest(lanes.length);
    lateness = Watermark.highest(lanes.length);
    stalls = new CounterArray(lanes.length);
    stallNanos = new CounterArray(lanes.length);
    shortages = new Shortages(lanes.length);
    long nowNs = clock.nanoTime();
    lastSweepNs = nowNs - sweepIntervalNs;
    for (FreeLane lane : lanes) {
      lane.filledNs = nowNs;
    }
  }

  @Override
  public String roleName() {
    return "refill";
  }

  /**
   * Fills all free queues before the device is launched, since in every layout its first pop does
   * not wait (abi.md, Before launch). Called once, by the thread that starts the session.
   */
  public void seed() {
    for (FreeLane lane : lanes) {
      push(lane, Math.min(lane.target(), spare.available(lane.pool())));
    }
  }

  /** Replaces {@link #seed}: continues where the refill of another process stopped. */
  public void resume(Adoption adoption) {
    spare.keepOnly(buffer -> ledger.state(buffer) == BufferState.FREE);
    for (FreeLane lane : lanes) {
      lane.resume(adoption.slots(lane.pool()));
    }
    gate.releaseLeft();
  }

  @Override
  public int doWork() {
    long nowNs = clock.nanoTime();
    int work = takeReturns(nowNs) + serveHints(nowNs) + serveAwaited(nowNs);
    long sinceSweepNs = nowNs - lastSweepNs;
    if (sinceSweepNs >= sweepIntervalNs || (work == 0 && sinceSweepNs >= IDLE_SWEEP_NANOS)) {
      int pushed = sweep(nowNs);
      work += pushed;
      gate.step(pushed, nowNs);
    }
    return work;
  }

  private int takeReturns(long nowNs) {
    int taken = 0;
    for (SpscRing ring : returnRings) {
      for (int i = 0; i < RETURNS_PER_CYCLE; i++) {
        long buffer = ring.poll();
        if (buffer == SpscRing.EMPTY) {
          break;
        }
        FreeLane lane = lanes[plan.homePool((int) buffer)];
        lookIfShort(lane, nowNs);
        lane.returned++;
        spare.put((int) buffer);
        if (lane.depth() < lane.target()) {
          fill(lane, nowNs);
        }
        taken++;
      }
    }
    return taken;
  }

  /** Checks before a buffer changes hands: drops up to now happened without it. */
  private void lookIfShort(FreeLane lane, long nowNs) {
    if (spare.available(lane.pool()) == 0 && follow(lane) && lane.depth() == 0) {
      shortages.look(lane, 0, heldByDevice(lane), words, nowNs);
    }
  }

  private int heldByDevice(FreeLane lane) {
    return popsAicoreFirst && lane.kind() == BufferKind.AICORE_TASK ? 2 : 1;
  }

  private int serveHints(long nowNs) {
    int served = 0;
    for (SpscRing ring : hintRings) {
      for (int i = 0; i < HINTS_PER_CYCLE; i++) {
        long hint = ring.poll();
        if (hint == SpscRing.EMPTY) {
          break;
        }
        FreeLane lane = lanes[RefillHint.pool(hint)];
        lookIfShort(lane, nowNs);
        lane.hinted++;
        noteDebt(lane, RefillHint.readyNs(hint, nowNs));
        if (fill(lane, nowNs) == 0) {
          awaitPop(lane);
        }
        served++;
      }
    }
    return served;
  }

  /**
   * Notes a replacement owed for a published buffer, unless it was already made: later layouts pop
   * the next AICore buffer at the rotation and publish the old one only when the core acknowledges
   * (abi.md, AICore tasks and rotation), and refill follows the pops.
   */
  private void noteDebt(FreeLane lane, long readyNs) {
    if (popsAicoreFirst && lane.kind() == BufferKind.AICORE_TASK && follow(lane)) {
      if (lane.depth() >= lane.target()) {
        return;
      }
    }
    if (lane.owed++ == 0) {
      lane.owedSinceNs = readyNs;
    }
  }

  /**
   * Watches a lane in every cycle if the drain was faster than the device's pop: all slots are
   * still full, and the next sweep may be far away.
   */
  private void awaitPop(FreeLane lane) {
    if (lane.owed > 0 && lane.depth() >= lane.target() && !lane.isAwaited) {
      lane.isAwaited = true;
      awaited[awaitedCount++] = lane;
    }
  }

  private int serveAwaited(long nowNs) {
    int pushed = 0;
    for (int i = awaitedCount - 1; i >= 0; i--) {
      FreeLane lane = awaited[i];
      pushed += fill(lane, nowNs);
      if (lane.depth() < lane.target() || lane.owed == 0) {
        lane.isAwaited = false;
        awaited[i] = awaited[--awaitedCount];
      }
    }
    return pushed;
  }

  private int sweep(long nowNs) {
    counters.increment(SWEEPS);
    lastSweepNs = nowNs;
    int pushed = 0;
    // Where reading means copying, one copy covers all pools.
    if (!sweptWords.refresh()) {
      return 0; // the session is about to end
    }
    words = sweptWords;
    for (FreeLane lane : lanes) {
      pushed += fill(lane, nowNs);
    }
    words = liveWords;
    return pushed;
  }

  private int fill(FreeLane lane, long nowNs) {
    if (!follow(lane)) {
      return 0;
    }
    int depthBefore = lane.depth();
    depth.record(lane.kind().ordinal(), depthBefore);
    fewestEntries.record(lane.pool(), depthBefore);
    if (depthBefore > 0) {
      lane.filledNs = nowNs;
    }
    int available = spare.available(lane.pool());
    atHand.record(lane.pool(), depthBefore + available);
    int count = Math.min(lane.target() - depthBefore, available);
    if (depthBefore == 0) {
      noteStarvation(lane, available, nowNs);
      noteEmpty(lane, nowNs, count > 0);
    } else if (depthBefore >= lane.target() && lane.owed > 0) {
      // Nothing is missing yet; the next debt cannot be older than now.
      lane.owedSinceNs = nowNs;
    }
    if (count <= 0) {
      if (depthBefore < lane.target()) {
        noteShortage(lane, nowNs);
      }
      return 0;
    }
    push(lane, count);
    settleDebt(lane, count);
    return count;
  }

  private void push(FreeLane lane, int count) {
    for (int i = 0; i < count; i++) {
      int buffer = spare.take(lane.pool());
      ledger.lend(buffer, lane.pool(), lane.tail());
      lane.push(buffer, table.deviceAddress(buffer));
    }
    lane.publishTailRelease();
    counters.add(PUSHED, count);
  }

  /** Catches up with the device's pops; false if its head is implausible. */
  private boolean follow(FreeLane lane) {
    int headUntrusted = lane.headAcquireUntrusted(words);
    if (!lane.isHead(headUntrusted)) {
      // A failed device shows stale words, which is not a violation.
      if (!lane.isHeadBad && memory.failure() == 0) {
        lane.isHeadBad = true;
        violations.record(
            AbiViolation.BAD_INDEX.ordinal(),
            lane.pool(),
            headUntrusted,
            lane.lastHead(),
            lane.tail());
      }
      return false;
    }
    lane.isHeadBad = false;
    while (lane.lastHead() != headUntrusted) {
      ledger.popped(lane.notePopped());
    }
    return true;
  }

  /** Collects the evidence from which drops get their cause. */
  private void noteStarvation(FreeLane lane, int available, long nowNs) {
    if (deviceBlocks
        && lane.stalledSinceNs == 0
        && lane.looksStalled(plan.layout().buffer(lane.kind()).records(), words)) {
      lane.stalledSinceNs = lane.owed > 0 ? lane.owedSinceNs : nowNs;
    }
    shortages.look(lane, available, heldByDevice(lane), words, nowNs);
  }

  private void noteEmpty(FreeLane lane, long nowNs, boolean isOver) {
    if (nowNs - lane.filledNs > counters.get(LONGEST_EMPTY_NANOS)) {
      counters.set(LONGEST_EMPTY_NANOS, nowNs - lane.filledNs);
    }
    if (isOver) {
      lane.filledNs = nowNs;
    }
  }

  /** A debt cannot be paid: until now refill was late, from now on the pool is short. */
  private void noteShortage(FreeLane lane, long nowNs) {
    if (lane.owed > 0 && !lane.isShort) {
      lane.isShort = true;
      lateness.record(lane.pool(), nowNs - lane.owedSinceNs);
    }
  }

  private void settleDebt(FreeLane lane, int pushed) {
    shortages.end(lane);
    if (lane.owed == 0 && lane.stalledSinceNs == 0) {
      return;
    }
    long visibleNs = clock.nanoTime();
    if (lane.owed > 0) {
      latency[lane.kind().ordinal()].record(visibleNs - lane.owedSinceNs);
      if (!lane.isShort) {
        lateness.record(lane.pool(), visibleNs - lane.owedSinceNs);
      }
      lane.isShort = false;
      lane.owed = Math.max(0, lane.owed - pushed);
      lane.owedSinceNs = visibleNs;
    }
    if (lane.stalledSinceNs != 0) {
      stalls.increment(lane.pool());
      stallNanos.add(lane.pool(), visibleNs - lane.stalledSinceNs);
      lane.stalledSinceNs = 0;
    }
  }

  /** Returns the counters, by the constants of this class. */
  public CounterArray counters() {
    return counters;
  }

  /** Returns the device's inferred waits for a buffer, by pool; only for layouts that block. */
  public CounterArray stalls() {
    return stalls;
  }

  /** Returns the length of these waits in nanoseconds, by pool. */
  public CounterArray stallNanos() {
    return stallNanos;
  }

  /** Returns what was observed of each pool while its free queue was empty. */
  public Shortages shortages() {
    return shortages;
  }

  /** Returns the incidents by ordinal of {@link AbiViolation}. */
  public IncidentRecorder violations() {
    return violations;
  }

  /**
   * Returns the times from a full buffer published, at the latest, to its replacement visible, in
   * nanoseconds.
   */
  public LatencyRecorder latency(BufferKind kind) {
    return latency[kind.ordinal()];
  }

  /**
   * Returns, by pool, the longest recent time from a full buffer published to its replacement
   * visible or, if no buffer was available, to refill's attempt to find one. In nanoseconds.
   */
  public Watermark lateness() {
    return lateness;
  }

  /** Returns, by pool, the fewest recent buffers that were spare or in the free queue. */
  public Watermark atHand() {
    return atHand;
  }

  /** Returns, by pool, the fewest recent entries that refill found in the free queue. */
  public Watermark fewestEntries() {
    return fewestEntries;
  }

  /** Returns the lowest free-queue depth seen, by kind. */
  public Watermark depth() {
    return depth;
  }

  /** Returns the freeze gate, for its counters. */
  public FreezeGate gate() {
    return gate;
  }
}
