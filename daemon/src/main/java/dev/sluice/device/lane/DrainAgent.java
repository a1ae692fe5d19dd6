package dev.sluice.device.lane;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.agent.ParkMeter;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.IncidentRecorder;
import dev.sluice.counters.LatencyRecorder;
import dev.sluice.counters.Watermark;
import dev.sluice.device.Adoption;
import dev.sluice.device.ArenaLeases;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferTable;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.RunArena;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.handoff.SequenceWindow;
import dev.sluice.handoff.SpscRing;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Takes full buffers off a group of ready queues and hands them to the collectors.
 *
 * <p>Per entry: read it once into locals, verify that it names a buffer which the device holds for
 * that very pool, claim the buffer, describe the lease, release the head, hand the buffer over,
 * send a hint to refill. The head comes before the handoff: if the daemon is killed in between, no
 * entry remains whose buffer may have been lent again. An invalid entry is counted and skipped. In
 * {@code l2-2026.06} an entry can become visible after the tail that announces it, so an invalid
 * entry is first reread for a short while.
 *
 * <p>Backpressure: a claimed entry always reaches a collector. If a handoff ring is full, the lane
 * waits with the entry in place.
 */
public final class DrainAgent implements Agent {
  /** Entries taken. */
  public static final int ENTRIES = 0;

  /** Times that a lane waited for a full handoff ring. */
  public static final int HANDOFF_FULL = 1;

  /** Duty cycles. */
  public static final int POLLS = 2;

  /** Buffers published out of sequence, because a core changed threads. */
  public static final int REORDERED = 3;

  private static final int COUNTERS = 4;

  // Far longer than any store buffer delays, far shorter than the queue takes to fill up.
  private static final long TORN_GRACE_NANOS = 200_000;
  // Longest wait of an out-of-sequence buffer for an older one in another queue.
  private static final long HOLD_NANOS = 1_000_000;

  private static final int RETRY = -1;
  private static final int STEPPED_OVER = 0;
  private static final int TAKEN = 1;

  private final DeviceMemory memory;
  private final ArenaPlan plan;
  private final BufferTable table;
  private final BufferLedger ledger;
  private final ArenaLeases leases;
  private final NanoClock clock;
  private final ParkMeter parks;
  private final int batchEntries;
  private final boolean mayTear;
  private final boolean hasRuns;
  private final boolean[] isCounted = new boolean[BufferKind.COUNT]; // by kind
  private final ReadyLane[] lanes;
  private final SpscRing[] handoffs;
  private final SpscRing hints;
  private final int[] instances = new int[BufferKind.COUNT];
  private final int[] freeHeadOffset;
  private final SequenceWindow[] sequences = new SequenceWindow[OpenRuns.MAX + 1]; // by run
  private final long[] epochs = new long[OpenRuns.MAX];
  private final LaneSlack slack;

  private final CounterArray counters = new CounterArray(COUNTERS);
  private final IncidentRecorder violations = new IncidentRecorder(AbiViolation.ALL.size());
  private final LatencyRecorder pauses = new LatencyRecorder();
  private final CounterArray full; // by ready queue of this group
  private final CounterArray fullNanos;
  private final Watermark fill;
  private final Watermark worstPause = Watermark.highest(1);
  private final PublishPace pace;

  private boolean hasGrace = true;
  private boolean isAnyHeld;
  private boolean isWhole;
  private int wholePasses;
  private int firstLane;
  private long lastPollNs;
  private long sincePollNs;

  /**
   * @param queues numbers of the ready queues of this group
   * @param handoffs one ring per collector shard; all buffers of a pool go to shard {@code pool %
   *     shards}, which keeps them in order
   * @param hints to refill; a lost hint costs a sweep interval, so a full ring is not an error
   * @param parks of the thread that runs this agent
   */
  public DrainAgent(
      RunArena arena,
      int[] queues,
      SpscRing[] handoffs,
      SpscRing hints,
      LaneSlack slack,
      int batchEntries,
      NanoClock clock,
      ParkMeter parks) {
    this.memory = arena.memory();
    this.plan = arena.plan();
    this.table = arena.table();
    this.ledger = arena.ledger();
    this.leases = arena.leases();
    this.handoffs = handoffs;
    this.hints = hints;
    this.slack = slack;
    this.batchEntries = batchEntries;
    this.clock = clock;
    this.parks = parks;
    this.mayTear = plan.layout().facts().mayTearEntries();
    this.hasRuns = plan.layout().facts().hasCountedEntries();
    long nowNs = clock.nanoTime();
    lanes = new ReadyLane[queues.length];
    for (int i = 0; i < queues.length; i++) {
      lanes[i] = new ReadyLane(memory, plan.readyQueues().get(queues[i]), nowNs);
    }
    full = new CounterArray(queues.length);
    fullNanos = new CounterArray(queues.length);
    fill = Watermark.highest(queues.length);
    pace = new PublishPace(plan.usableSlots());
    freeHeadOffset = new int[plan.poolCount()];
    Arrays.setAll(sequences, run -> new SequenceWindow(plan.poolCount()));
    for (BufferKind kind : BufferKind.ALL) {
      instances[kind.ordinal()] = plan.instances(kind);
      isCounted[kind.ordinal()] = plan.layout().facts().hasCountedEntries(kind);
    }
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      freeHeadOffset[pool] = plan.poolOffset(pool) + plan.poolLayout(pool).headOffset();
    }
    lastPollNs = nowNs;
  }

  /**
   * Continues where the drains of another process stopped; called before the first cycle. Skips
   * entries at the heads that those drains had taken.
   *
   * @param collected the windows of a pool's collector, by place of the run
   * @param adoption knows the buffers that were taken but not collected
   */
  public void resume(IntFunction<IntFunction<SequenceWindow>> collected, Adoption adoption) {
    for (int run = 0; run < OpenRuns.MAX; run++) {
      epochs[run] = leases.runs().epoch(run);
      for (int pool = 0; pool < plan.poolCount(); pool++) {
        SequenceWindow of = collected.apply(pool).apply(run);
        sequences[run].resume(pool, of.expected(pool), of.taken(pool));
      }
    }
    for (int buffer : adoption.ready()) {
      int pool = ledger.poolOf(buffer);
      int run = hasRuns ? leases.runs().placeOf(adoption.epochOf(buffer)) : 0;
      if (!adoption.isSalvaged(buffer)
          && sequences[run].look(pool, adoption.sequenceOf(buffer)) != SequenceWindow.WILD) {
        sequences[run].take(pool, adoption.sequenceOf(buffer));
      }
    }
    for (ReadyLane lane : lanes) {
      int tail = lane.tailAcquireUntrusted();
      boolean isMoved = false;
      while (lane.isIndex(tail) && lane.head() != tail && wasTaken(lane)) {
        if (mayTear) {
          lane.clearPointer();
        }
        lane.advance();
        isMoved = true;
      }
      if (isMoved) {
        lane.publishHeadRelease();
      }
    }
  }

  /** Whether the entry at the head was taken before its slot was released to the device. */
  private boolean wasTaken(ReadyLane lane) {
    if (mayTear && lane.isCleared()) {
      return true; // a new entry of the device would be visible by now
    }
    int entry = lane.entryOffset();
    BufferKind kind = lane.kind(memory.loadInt(entry + ReadyEntryLayout.KIND_OFFSET));
    int instance = memory.loadInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET);
    if (kind == null || instance < 0 || instance >= instances[kind.ordinal()]) {
      return false;
    }
    int buffer = table.find(kind, memory.loadLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET));
    if (buffer < 0) {
      return false;
    }
    SequenceWindow ofRun = ofRun(kind, entry, buffer);
    int sequence = memory.loadInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET);
    return ofRun.look(plan.pool(kind, instance), sequence) == SequenceWindow.REPEATED;
  }

  @Override
  public String roleName() {
    return "drain";
  }

  @Override
  public int doWork() {
    long nowNs = clock.nanoTime();
    sincePollNs = nowNs - lastPollNs;
    long pauseNs = sincePollNs - parks.intendedNanos();
    pauses.record(pauseNs);
    if (counters.plain(POLLS) > 0) {
      // Before the first poll no thread existed that could be late.
      worstPause.record(0, pauseNs);
    }
    lastPollNs = nowNs;
    counters.increment(POLLS);
    int taken = pass(nowNs);
    for (int more = 1; isAnyHeld && more > 0; taken += more) {
      more = pass(nowNs); // the missing buffer may have come from a later queue of the pass
    }
    firstLane = firstLane + 1 == lanes.length ? 0 : firstLane + 1;
    return taken;
  }

  private int pass(long nowNs) {
    isAnyHeld = false;
    isWhole = true;
    int taken = 0;
    for (int i = 0; i < lanes.length; i++) {
      int at = firstLane + i;
      taken += drain(at < lanes.length ? at : at - lanes.length, nowNs);
    }
    wholePasses += isWhole ? 1 : 0;
    return taken;
  }

  private int drain(int at, long nowNs) {
    ReadyLane lane = lanes[at];
    int tailUntrusted = lane.tailAcquireUntrusted();
    if (tailUntrusted == lane.head()) {
      lane.caughtUpNs = nowNs;
      return 0;
    }
    if (!lane.isIndex(tailUntrusted)) {
      if (lane.badTail != tailUntrusted) {
        lane.badTail = tailUntrusted;
        violations.record(
            AbiViolation.BAD_INDEX.ordinal(), lane.number(), tailUntrusted, lane.head(), 0);
      }
      return 0;
    }
    lane.badTail = -1;
    int tail = tailUntrusted;
    int entries = lane.fill(tail);
    fill.record(at, entries);
    if (entries == lane.capacity()) {
      full.increment(at);
      fullNanos.add(at, sincePollNs);
    }
    int steps = 0;
    int taken = 0;
    int limit = Math.min(entries, batchEntries);
    while (steps < limit) {
      int outcome = takeHead(lane, nowNs);
      if (outcome == RETRY) {
        break;
      }
      steps++;
      taken += outcome;
    }
    counters.add(ENTRIES, taken);
    if (steps == entries) {
      lane.caughtUpNs = nowNs;
    } else if (lane.heldSinceNs == 0) {
      isWhole = false;
    }
    return steps;
  }

  /** Handles the entry at the head: {@link #TAKEN}, {@link #STEPPED_OVER}, or {@link #RETRY}. */
  private int takeHead(ReadyLane lane, long nowNs) {
    int entry = lane.entryOffset();
    if (!memory.fetch(entry, ReadyEntryLayout.SIZE_BYTES)) {
      return RETRY; // the session is about to end
    }
    int instanceUntrusted = memory.loadInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET);
    int kindUntrusted = memory.loadInt(entry + ReadyEntryLayout.KIND_OFFSET);
    long pointerUntrusted = memory.loadLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET);
    int sequenceUntrusted = memory.loadInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET);

    AbiViolation wrong = null;
    int buffer = -1;
    int pool = -1;
    int order = 0;
    SequenceWindow ofRun = sequences[0];
    BufferKind kind = lane.kind(kindUntrusted);
    if (kind == null) {
      wrong = AbiViolation.BAD_KIND;
    } else if (instanceUntrusted < 0 || instanceUntrusted >= instances[kind.ordinal()]) {
      wrong = AbiViolation.BAD_INSTANCE;
    } else {
      pool = plan.pool(kind, instanceUntrusted);
      buffer = table.find(kind, pointerUntrusted);
      if (buffer < 0) {
        wrong = BufferTable.violation(buffer);
      } else if (!ledger.isWithDevice(buffer, memory.loadIntAcquire(freeHeadOffset[pool]))) {
        wrong = AbiViolation.NOT_DEVICE_OWNED;
      } else if (ledger.poolOf(buffer) != pool) {
        wrong = AbiViolation.WRONG_POOL;
      } else {
        ofRun = ofRun(kind, entry, buffer);
        order = ofRun.look(pool, sequenceUntrusted);
        if (order == SequenceWindow.REPEATED) {
          // A stale duplicate: the device holds the buffer, but it was lent again after this entry.
          // Taking it would take a buffer that is being filled.
          wrong = AbiViolation.SEQUENCE;
        }
      }
    }
    if (wrong != null && memory.failure() != 0) {
      return RETRY; // the data may be stale: the session is about to end
    }
    boolean looksTorn = wrong != null || order != 0;
    if (mayTear && hasGrace && looksTorn && isWithinGrace(lane, nowNs)) {
      return RETRY;
    }
    if (wrong == null && order > 0 && mayBeElsewhere(lane, kind, nowNs)) {
      isAnyHeld = true;
      return RETRY;
    }
    if (wrong == null) {
      SpscRing handoff = handoffs[pool % handoffs.length];
      if (!handoff.hasRoom()) {
        counters.increment(HANDOFF_FULL);
        return RETRY;
      }
      if (ledger.claim(buffer)) {
        // Only after the claim: until then, the row may belong to a collector.
        if (isCounted[kind.ordinal()]) {
          leases.announce(
              buffer,
              memory.loadInt(entry + ReadyEntryLayout.RECORD_COUNT_OFFSET),
              memory.loadLong(entry + ReadyEntryLayout.RUN_EPOCH_OFFSET));
        }
        leases.describe(
            buffer, instanceUntrusted, lane.thread(), sequenceUntrusted, lane.caughtUpNs);
        if (order == SequenceWindow.LATE || (order == 0 && lane.heldSinceNs != 0)) {
          counters.increment(REORDERED);
        }
        if (order != SequenceWindow.WILD) {
          ofRun.take(pool, sequenceUntrusted);
        }
        leaveHead(lane);
        slack.published(pool, nowNs);
        pace.published(pool, lane.caughtUpNs, nowNs);
        handoff.offer(buffer);
        hints.offer(RefillHint.encode(pool, lane.caughtUpNs));
        return TAKEN;
      }
      wrong = AbiViolation.NOT_DEVICE_OWNED;
    }
    violations.record(
        wrong.ordinal(), lane.number(), pointerUntrusted, kindUntrusted, instanceUntrusted);
    leaveHead(lane);
    return STEPPED_OVER;
  }

  /** Releases the entry at the head to the device. */
  private void leaveHead(ReadyLane lane) {
    if (mayTear) {
      lane.clearPointer();
    }
    lane.advance();
    lane.publishHeadRelease();
  }

  /**
   * Returns the sequence window of the run that the entry names, or its buffer where entries carry
   * no run.
   */
  private SequenceWindow ofRun(BufferKind kind, int entry, int buffer) {
    if (!hasRuns) {
      return sequences[0];
    }
    return ofRun(
        isCounted[kind.ordinal()]
            ? memory.loadLong(entry + ReadyEntryLayout.RUN_EPOCH_OFFSET)
            : leases.epochUntrusted(buffer));
  }

  /** Each run numbers its buffers from 0; all runs that are not open share one window. */
  private SequenceWindow ofRun(long epochUntrusted) {
    int run = leases.runs().placeOf(epochUntrusted);
    if (run != OpenRuns.OTHER && epochs[run] != leases.runs().epoch(run)) {
      epochs[run] = leases.runs().epoch(run);
      sequences[run].restart();
    }
    return sequences[run];
  }

  /**
   * Whether an older buffer of the same core may be in another queue, since a core that changes
   * threads publishes through another queue (abi.md, Known races). All other queues are polled
   * before this one continues.
   */
  private boolean mayBeElsewhere(ReadyLane lane, BufferKind kind, long nowNs) {
    boolean hasWaited = mayTear && hasGrace; // the other queues were polled during the torn grace
    if (lanes.length == 1 || !kind.isPerCore() || hasWaited) {
      return false;
    }
    if (lane.heldSinceNs == 0) {
      lane.heldSinceNs = nowNs;
      lane.heldPass = wholePasses;
      return true;
    }
    return nowNs - lane.heldSinceNs < HOLD_NANOS && wholePasses < lane.heldPass + 2;
  }

  private static boolean isWithinGrace(ReadyLane lane, long nowNs) {
    if (lane.tornSinceNs == 0) {
      lane.tornSinceNs = nowNs;
      return true;
    }
    return nowNs - lane.tornSinceNs < TORN_GRACE_NANOS;
  }

  /**
   * The device has stopped: an entry that looks torn stays torn and must not block the entries
   * after it. Settling thread.
   */
  public void endGrace() {
    hasGrace = false;
  }

  /** Returns, by ready queue of this group, how often it was found full. */
  public CounterArray full() {
    return full;
  }

  /** Returns, by ready queue, how long it may have been full: since the previous poll, in ns. */
  public CounterArray fullNanos() {
    return fullNanos;
  }

  /** Returns the counters, by the constants of this class. */
  public CounterArray counters() {
    return counters;
  }

  /** Returns the incidents by ordinal of {@link AbiViolation}. */
  public IncidentRecorder violations() {
    return violations;
  }

  /** Returns the time between polls beyond the intended interval, in nanoseconds. */
  public LatencyRecorder pauses() {
    return pauses;
  }

  /** Returns the longest recent value of {@link #pauses}, at index 0. */
  public Watermark worstPause() {
    return worstPause;
  }

  /**
   * Returns, by pool, the shortest time in which the device published as many buffers as the pool
   * has usable free-queue slots, in nanoseconds.
   */
  public Watermark shortestLap() {
    return pace.shortest();
  }

  /** Returns the highest fill, by index of {@link #queue}. */
  public Watermark fill() {
    return fill;
  }

  public int queueCount() {
    return lanes.length;
  }

  /** Returns the number of the ready queue at an index. */
  public int queue(int index) {
    return lanes[index].number();
  }
}
