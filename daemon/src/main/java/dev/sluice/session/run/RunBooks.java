package dev.sluice.session.run;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.Region;
import dev.sluice.abi.TerminalLayout;
import dev.sluice.agent.NanoClock;
import dev.sluice.counters.CounterArray;
import dev.sluice.counters.IncidentRecorder;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferState;
import dev.sluice.device.ControlWords;
import dev.sluice.device.DeviceMemory;
import dev.sluice.device.PoolCounters;
import dev.sluice.device.ReadyQueue;
import dev.sluice.device.Terminals;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.device.lane.RefillAgent;
import dev.sluice.device.lane.Shortage;
import dev.sluice.device.lane.Shortages;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.CollectorAgent;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.ingest.DropAttribution;
import dev.sluice.ingest.DropEvidence;
import dev.sluice.ingest.PoolBooks;
import dev.sluice.ingest.RunEnd;
import dev.sluice.ingest.TaskStatistics;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Books of a run and of the runs that overlap it: compares the agents' counts with the device's own
 * counters and attributes drops. One thread at a time; the agents may be running, since their
 * counters are safe to read concurrently.
 */
public final class RunBooks {
  /** Causes known per pool; the others follow from the accounting law of a kind. */
  public static final List<DropCause> DROPS_BY_POOL =
      List.of(
          DropCause.HOST_LATE,
          DropCause.POOL_EXHAUSTED,
          DropCause.READY_QUEUE_FULL,
          DropCause.UNKNOWN);

  private static final Logger log = LoggerFactory.getLogger(RunBooks.class);

  private final ArenaPlan plan;
  private final RunEngine engine;
  private final DrainAgent[] drains;
  private final RefillAgent refill;
  private final CollectorAgent[] collectors;
  private final List<TaskStatistics> statistics;
  private final double nanosPerTick;
  private final ContentChecks checks;
  private final PoolCounters deviceCounters;
  private final DropAttribution attribution;
  private final DropEvidence[] evidence;
  private final DeviceMemory memory;
  private final ControlWords words;
  private final boolean deviceBlocks;
  private final LayoutCheck layoutCheck;
  private final NanoClock clock;
  private final OpenRuns runs;
  private final Terminals terminals;
  private final boolean[] countsPublished;
  private final boolean[] isDoubted; // by pool: its counters were found wrong
  // Device and agent counters continue across overlapping runs. Shares of the closed runs: by pool,
  // and of the agents' counts.
  private final Closed closed;
  private final RunTotals booked = new RunTotals();
  // Agent counts of the process from which this run was taken over.
  private RunTotals inherited = new RunTotals();
  // Places of the open runs, oldest first, and what had been collected there before.
  private final Deque<Integer> open = new ArrayDeque<>();
  private final long[][] collectedBefore = new long[OpenRuns.MAX][];
  private final long[][] unwrittenBefore = new long[OpenRuns.MAX][];
  private final IncidentRecorder violations = new IncidentRecorder(AbiViolation.ALL.size());
  // Records of the open runs that a guard recycled, by kind, as reported by the client.
  private final long[] recycled = new long[BufferKind.COUNT];
  private boolean isRecycledKnown;
  private String contradiction = "";
  private boolean hasLookedAtThreads;
  private boolean hasMoved;

  private static final class Closed {
    private final long[] total;
    private final long[] dropped;
    private final long[] published;
    private final long[] collected;
    private final long[] unwritten;

    Closed(int pools) {
      total = new long[pools];
      dropped = new long[pools];
      published = new long[pools];
      collected = new long[pools];
      unwritten = new long[pools];
    }
  }

  RunBooks(RunSetup setup, RunEngine engine) {
    this.plan = setup.plan();
    this.engine = engine;
    this.drains = engine.drains();
    this.refill = engine.refill();
    this.collectors = engine.collectors();
    this.statistics = engine.statistics();
    this.nanosPerTick = 1e9 / plan.layout().platform().clockHz();
    this.checks = setup.checks();
    this.memory = setup.memory();
    int from = plan.layout().queueHeadOffset(0);
    this.words = memory.words(from, plan.poolsEnd() - from);
    this.deviceCounters = new PoolCounters(memory, plan);
    this.attribution = new DropAttribution(plan.poolCount());
    this.evidence = new DropEvidence[plan.poolCount()];
    Arrays.setAll(evidence, pool -> new DropEvidence());
    this.deviceBlocks = plan.layout().facts().isPatient();
    this.layoutCheck = new LayoutCheck(setup);
    this.clock = setup.clock();
    this.runs = engine.runs();
    this.terminals = new Terminals(memory, plan);
    this.countsPublished = new boolean[plan.poolCount()];
    this.isDoubted = new boolean[plan.poolCount()];
    this.closed = new Closed(plan.poolCount());
    for (int pool = 0; pool < countsPublished.length; pool++) {
      countsPublished[pool] = plan.layout().facts().countsPublished(plan.kindOfPool(pool));
    }
  }

  /** Writes the last counts that neither the device nor a journal holds. */
  void save(DataOutput out) throws IOException {
    deviceCounters.save(out);
    attribution.save(out);
    for (long[] ofPools :
        new long[][] {
          closed.total, closed.dropped, closed.published, closed.collected, closed.unwritten
        }) {
      for (long records : ofPools) {
        out.writeLong(records);
      }
    }
    out.writeBoolean(engine.isRecycled());
    booked.write(out);
    RunTotals counted = new RunTotals();
    countAgents(counted);
    counted.addAgentCounts(inherited, 1);
    counted.write(out);
    out.writeInt(open.size());
    for (int place : open) {
      out.writeInt(place);
      for (int pool = 0; pool < plan.poolCount(); pool++) {
        out.writeLong(collectedBefore[place][pool]);
        out.writeLong(unwrittenBefore[place][pool]);
      }
    }
  }

  /** Continues where another process stopped. Called before the first count. */
  void resume(DataInput in) throws IOException {
    deviceCounters.resume(in);
    attribution.resume(in, plan::kindOfPool);
    for (long[] ofPools :
        new long[][] {
          closed.total, closed.dropped, closed.published, closed.collected, closed.unwritten
        }) {
      for (int pool = 0; pool < ofPools.length; pool++) {
        ofPools[pool] = in.readLong();
      }
    }
    if (in.readBoolean()) {
      engine.expectGaps();
    }
    RunTotals before = RunTotals.read(in);
    booked.addAgentCounts(before, 1);
    for (int kind = 0; kind < before.drops.length; kind++) {
      booked.drops[kind] = before.drops[kind];
    }
    inherited = RunTotals.read(in);
    for (int i = in.readInt(); i > 0; i--) {
      int place = in.readInt();
      if (place < 0 || place >= OpenRuns.MAX) {
        throw new IOException("books of a run at place " + place);
      }
      collectedBefore[place] = new long[plan.poolCount()];
      unwrittenBefore[place] = new long[plan.poolCount()];
      for (int pool = 0; pool < plan.poolCount(); pool++) {
        collectedBefore[place][pool] = in.readLong();
        unwrittenBefore[place][pool] = in.readLong();
      }
      open.add(place);
    }
  }

  /**
   * Replaces {@link #resume} if the saved books cannot be read: starts from the device counters and
   * the journals alone. Earlier drops then have no cause.
   */
  void assume() {
    deviceCounters.refresh();
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      long taken = 0;
      for (int place = 0; place < OpenRuns.MAX; place++) {
        taken += collectedAt(place, pool) + unwrittenAt(place, pool);
      }
      deviceCounters.atLeast(pool, taken);
      attribution.assume(pool, plan.kindOfPool(pool), deviceCounters.dropped(pool));
    }
    for (int place = 0; place < OpenRuns.MAX; place++) {
      if (runs.isOpen(place)) {
        collectedBefore[place] = new long[plan.poolCount()];
        unwrittenBefore[place] = new long[plan.poolCount()];
        open.add(place);
      }
    }
  }

  /** Returns a number that changes whenever a device counter does. */
  long lookAtDevice() {
    return deviceCounters.look();
  }

  /** Returns the records that the device set out to write to a pool, as of the last count. */
  long produced(int pool) {
    return deviceCounters.total(pool);
  }

  /** Returns the records of a pool dropped for a cause known per pool. */
  long dropped(int pool, DropCause cause) {
    return attribution.count(pool, cause);
  }

  /** Returns the records of a pool dropped because all its buffers were in use. */
  long exhausted(int pool) {
    return attribution.count(pool, DropCause.POOL_EXHAUSTED);
  }

  /** Returns the records of a pool dropped because this host was late. */
  long late(int pool) {
    return attribution.count(pool, DropCause.HOST_LATE)
        + attribution.count(pool, DropCause.READY_QUEUE_FULL);
  }

  /** Returns a copy of the latencies so far. Any thread. */
  RunLatencies latencies() {
    RunLatencies into = new RunLatencies();
    for (BufferKind kind : BufferKind.ALL) {
      refill.latency(kind).addTo(into.refill[kind.ordinal()]);
    }
    for (DrainAgent drain : drains) {
      drain.pauses().addTo(into.drainPause);
    }
    for (TaskStatistics ofShard : statistics) {
      for (int type = 0; type < into.taskDurations.length; type++) {
        ofShard.durations(type).addTo(into.taskDurations[type], nanosPerTick);
        ofShard.latencies(type).addTo(into.taskDispatch[type], nanosPerTick);
      }
    }
    return into;
  }

  /**
   * Reads all counters and closes the accounting law as far as possible.
   *
   * @param end if complete, all buffers are drained and salvaged, so nothing is in flight
   */
  RunTotals count(RunEnd end) {
    int pools = plan.poolCount();
    long[] collected = new long[pools];
    long[] salvaged = new long[pools];
    long[] gaps = new long[pools];
    long[] unwritten = new long[pools];
    long[] unsalvaged = new long[pools];
    long[] missing = new long[pools];
    long[] taken = new long[pools];
    // Read before the device counters: records are produced before they are collected.
    for (int pool = 0; pool < pools; pool++) {
      for (CollectorAgent collector : collectors) {
        for (int run = 0; run < OpenRuns.MAX; run++) {
          PoolBooks ofRun = collector.books(run);
          collected[pool] += ofRun.collected().get(pool);
          salvaged[pool] += ofRun.salvaged().get(pool);
          gaps[pool] += ofRun.tokenGaps().get(pool);
          unwritten[pool] += ofRun.unwrittenSlots().get(pool);
          unsalvaged[pool] += ofRun.unwrittenSalvaged().get(pool);
          missing[pool] += ofRun.missingBuffers().get(pool);
        }
        taken[pool] += collector.foreign().get(pool);
      }
    }
    words.refresh();
    // Read before the device counters: refill cannot have seen more drops than they show.
    for (int pool = 0; pool < pools; pool++) {
      gather(pool);
    }
    attribution.begin(sumOfFull(DrainAgent::full), isReadyQueueFull(), handoffFull());
    deviceCounters.refresh();
    boolean hasFailed = memory.failure() != 0;
    for (int pool = 0; pool < pools && !hasFailed; pool++) {
      checkPublished(pool, taken[pool] + collected[pool] + unwritten[pool], end);
    }
    if (end == RunEnd.COMPLETE && !hasFailed) {
      checkTerminals();
    }
    if (!hasFailed) {
      checkLayout(end);
    }
    RunTotals now = new RunTotals();
    for (int pool = 0; pool < pools; pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      evidence[pool].dropped = deviceCounters.dropped(pool);
      attribution.pool(pool, kind, evidence[pool]);
      collected[pool] -= closed.collected[pool];
      long total = deviceCounters.total(pool) - closed.total[pool];
      AccountingLaw.Evidence known =
          new AccountingLaw.Evidence(
              kind,
              hasFailed || deviceCounters.isSaturated(pool)
                  ? Math.max(total, collected[pool] + salvaged[pool] + dropped(pool))
                  : total,
              dropped(pool),
              collected[pool],
              salvaged[pool],
              gaps[pool],
              unwritten[pool] - closed.unwritten[pool] + unsalvaged[pool],
              missing[pool],
              plan.layout().buffer(kind).records(),
              plan.quota(kind),
              deviceBlocks,
              isGuarded(kind));
      AccountingLaw law = AccountingLaw.of(known, end);
      now.laws[kind.ordinal()] = now.laws[kind.ordinal()].plus(law);
    }
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      now.laws[k] = lessRecycled(kind, now.laws[k], end);
      for (DropCause cause : DropCause.ALL) {
        int c = cause.ordinal();
        now.drops[k][c] = attribution.count(kind, cause) - booked.drops[k][c];
      }
      now.drops[k][DropCause.INFERRED.ordinal()] += now.laws[k].inferred();
      now.drops[k][DropCause.PRODUCER_DIED.ordinal()] += now.laws[k].died();
      now.drops[k][DropCause.GUARD_RECYCLED.ordinal()] += now.laws[k].recycled();
    }
    now.longestEmptyNanos = refill.counters().get(RefillAgent.LONGEST_EMPTY_NANOS);
    countAgents(now);
    now.addAgentCounts(inherited, 1);
    now.addAgentCounts(booked, -1);
    now.contradiction = contradiction;
    return now;
  }

  /**
   * Sets what a guard has recycled of the open runs.
   *
   * @param records by kind
   * @param isKnown false if the client may have more to report
   */
  void recycled(long[] records, boolean isKnown) {
    if (Arrays.stream(records).anyMatch(ofKind -> ofKind > 0)) {
      engine.expectGaps();
    }
    System.arraycopy(records, 0, recycled, 0, recycled.length);
    isRecycledKnown = isKnown;
  }

  private boolean isGuarded(BufferKind kind) {
    return recycled[kind.ordinal()] > 0 || engine.isRecycled();
  }

  private AccountingLaw lessRecycled(BufferKind kind, AccountingLaw law, RunEnd end) {
    if (!isGuarded(kind)) {
      return law;
    }
    // A client that died can no longer report its count.
    boolean isAll = end.isComplete() && !isRecycledKnown;
    boolean mayInfer = kind == BufferKind.AICORE_TASK && !deviceBlocks && isRecycledKnown;
    return law.recycled(isAll ? Long.MAX_VALUE : recycled[kind.ordinal()], mayInfer);
  }

  /** Opens a run at a place where none of its buffers has arrived. */
  void begin(int place) {
    collectedBefore[place] = new long[plan.poolCount()];
    Arrays.setAll(collectedBefore[place], pool -> collectedAt(place, pool));
    unwrittenBefore[place] = new long[plan.poolCount()];
    Arrays.setAll(unwrittenBefore[place], pool -> unwrittenAt(place, pool));
    open.add(place);
  }

  /** Returns the number of open runs. */
  int openRuns() {
    return open.size();
  }

  /** Returns the epoch of the oldest run. */
  long firstEpoch() {
    return runs.epoch(open.getFirst());
  }

  private long collectedAt(int place, int pool) {
    long collected = 0;
    for (CollectorAgent collector : collectors) {
      collected += collector.books(place).collected().get(pool);
    }
    return collected;
  }

  private long unwrittenAt(int place, int pool) {
    long unwritten = 0;
    for (CollectorAgent collector : collectors) {
      unwritten += collector.books(place).unwrittenSlots().get(pool);
    }
    return unwritten;
  }

  /** Whether all producers have closed the oldest run. */
  boolean isFirstEnded() {
    return terminals.find(firstEpoch()) && terminals.areComplete();
  }

  /** Whether all buffers that the oldest run published have arrived, by its terminal lines. */
  boolean isFirstCollected() {
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      if (terminals.has(pool) && ofFirst(pool) + unwrittenOfFirst(pool) < published(pool)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the collected records of the oldest run. */
  private long ofFirst(int pool) {
    int place = open.getFirst();
    return collectedAt(place, pool) - collectedBefore[place][pool];
  }

  /** Returns the slots without a record in buffers of the oldest run. */
  private long unwrittenOfFirst(int pool) {
    int place = open.getFirst();
    return unwrittenAt(place, pool) - unwrittenBefore[place][pool];
  }

  /** Returns the records that the oldest run published, by its terminal lines. */
  private long published(int pool) {
    return countsPublished[pool]
        ? terminals.word(pool, TerminalLayout.PUBLISHED_RECORDS_OFFSET) - closed.published[pool]
        : terminals.word(pool, TerminalLayout.TOTAL_OFFSET)
            - closed.total[pool]
            - terminals.word(pool, TerminalLayout.DROPPED_OFFSET)
            + closed.dropped[pool];
  }

  /**
   * Closes the books of the oldest run by its terminal lines while the next one continues. Buffers
   * that arrive later belong to no open run. Agent counts up to now go to the oldest run; latencies
   * go to the last one.
   */
  RunTotals closeFirst() {
    RunTotals present = count(RunEnd.NOT_YET);
    RunTotals first = new RunTotals();
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      BufferKind kind = plan.kindOfPool(pool);
      int k = kind.ordinal();
      first.laws[k] = first.laws[k].plus(closeFirst(pool, kind));
    }
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      first.laws[k] = lessRecycled(kind, first.laws[k], RunEnd.NOT_YET);
      long ofGuard = first.laws[k].recycled();
      recycled[k] -= ofGuard;
      present.drops[k][DropCause.GUARD_RECYCLED.ordinal()] = 0;
      long left = first.laws[k].dropped();
      for (DropCause cause : DropCause.ALL) {
        long ofCause = Math.max(0, Math.min(left, present.drops[k][cause.ordinal()]));
        first.drops[k][cause.ordinal()] = ofCause;
        booked.drops[k][cause.ordinal()] += ofCause;
        left -= ofCause;
      }
      first.drops[k][DropCause.GUARD_RECYCLED.ordinal()] = ofGuard;
    }
    countAgents(present); // including the violations just found
    present.addAgentCounts(inherited, 1);
    present.addAgentCounts(booked, -1);
    first.addAgentCounts(present, 1);
    booked.addAgentCounts(present, 1);
    runs.close(open.removeFirst());
    return first;
  }

  private AccountingLaw closeFirst(int pool, BufferKind kind) {
    long collected = ofFirst(pool);
    long total = terminals.word(pool, TerminalLayout.TOTAL_OFFSET) - closed.total[pool];
    long dropped = terminals.word(pool, TerminalLayout.DROPPED_OFFSET) - closed.dropped[pool];
    long unwritten = unwrittenOfFirst(pool);
    long published = published(pool);
    boolean isClosed = terminals.word(pool, TerminalLayout.LIVE_AT_CLOSE_OFFSET) == 0;
    boolean isWhole = collected + unwritten == published || isGuarded(kind);
    if (!isWhole || !isClosed) {
      violations.record(
          AbiViolation.TERMINAL_MISMATCH.ordinal(), pool, total, published, collected);
    }
    closed.total[pool] += total;
    closed.dropped[pool] += dropped;
    closed.published[pool] += published;
    closed.collected[pool] += collected;
    closed.unwritten[pool] += unwritten;
    return AccountingLaw.settled(
        new AccountingLaw.Evidence(
            kind,
            total,
            dropped,
            collected,
            0,
            0,
            unwritten,
            0,
            plan.layout().buffer(kind).records(),
            plan.quota(kind),
            deviceBlocks,
            isGuarded(kind)),
        false);
  }

  /** Adds the state of the lanes. Implausible indices count as 0 entries. */
  void showLanes(RunTotals now) {
    for (DrainAgent drain : drains) {
      for (int i = 0; i < drain.queueCount(); i++) {
        int queue = drain.queue(i);
        now.readyQueues.put(
            queue,
            new RunTotals.ReadyQueue(
                readyEntries(queue),
                plan.readyQueues().get(queue).entries() - 1,
                drain.fill().get(i, 0)));
      }
    }
    int[] states = new int[BufferState.ALL.size()];
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      int target = Math.min(plan.layout().pool(kind).slotCount(), plan.quota(kind));
      if (plan.instances(kind) > 0) {
        now.noteFree(k, refill.depth().get(k, target), target);
      }
      engine.ledger().count(plan.firstBuffer(kind), plan.buffers(kind), states);
      for (int state = 0; state < states.length; state++) {
        now.buffers[k][state] = states[state];
      }
    }
    now.handoffEntries = engine.handoffEntries();
    now.handoffCapacity = engine.handoffCapacity();
  }

  /**
   * Compares collected records with the device's published count: they may exceed it by one buffer,
   * since the device writes the entry before it counts, and must equal it at the end.
   */
  private void checkPublished(int pool, long taken, RunEnd end) {
    if (!countsPublished[pool] || isDoubted[pool] || deviceCounters.isSaturated(pool)) {
      return;
    }
    long published = deviceCounters.publishedNow(pool);
    int capacity = plan.layout().buffer(plan.kindOfPool(pool)).records();
    long ahead = taken - published;
    boolean isGuarded = isGuarded(plan.kindOfPool(pool));
    boolean isWrong = (end == RunEnd.COMPLETE && !isGuarded) ? ahead != 0 : ahead > capacity;
    if (isWrong) {
      isDoubted[pool] = true;
      violations.record(
          AbiViolation.PUBLISHED_MISMATCH.ordinal(), pool, published, taken, capacity);
    }
  }

  /**
   * Compares each producer's terminal line with its pool. Without any line, the client gave the
   * device no bank.
   */
  private void checkTerminals() {
    if (!terminals.find(runs.epoch(open.getLast()))) {
      return;
    }
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      if (plan.kindOfPool(pool).region() != Region.SWIMLANE) {
        continue; // only the swimlane has terminal lines
      }
      boolean isRight =
          (terminals.has(pool) || !terminals.isDeclared(pool))
              && terminals.word(pool, TerminalLayout.TOTAL_OFFSET) == deviceCounters.total(pool)
              && terminals.word(pool, TerminalLayout.DROPPED_OFFSET) == deviceCounters.dropped(pool)
              && terminals.word(pool, TerminalLayout.PUBLISHED_RECORDS_OFFSET)
                  == deviceCounters.publishedNow(pool)
              && terminals.word(pool, TerminalLayout.PUBLISHED_BUFFERS_OFFSET)
                  == deviceCounters.publishedBuffersNow(pool)
              && terminals.word(pool, TerminalLayout.LIVE_AT_CLOSE_OFFSET) == 0;
      if (!isRight) {
        violations.record(
            AbiViolation.TERMINAL_MISMATCH.ordinal(),
            pool,
            terminals.has(pool) ? terminals.word(pool, TerminalLayout.TOTAL_OFFSET) : -1,
            deviceCounters.total(pool),
            deviceCounters.dropped(pool));
      }
    }
  }

  private void checkLayout(RunEnd end) {
    boolean hasProduced = false;
    for (int pool = 0; pool < plan.poolCount(); pool++) {
      // Only swimlane records show the layout; a device may fill other regions first.
      boolean isOfSwimlane = plan.kindOfPool(pool).region() == Region.SWIMLANE;
      hasProduced |= isOfSwimlane && deviceCounters.total(pool) > 0;
    }
    LayoutCheck.Finding finding = layoutCheck.look(hasProduced, end.isComplete());
    checkThreadsAndMoves(hasProduced);
    if (contradiction.isEmpty() && !finding.text().isEmpty()) {
      contradiction = finding.brief();
      log.error("{}", finding.text());
      violations.record(
          AbiViolation.WRONG_LAYOUT.ordinal(),
          plan.geometry().numCores(),
          finding.offset(),
          plan.geometry().poolOffset(BufferKind.AICORE_TASK, 0),
          0);
    }
  }

  /** Checks for wrong declarations that contradict nothing the device wrote. */
  private void checkThreadsAndMoves(boolean hasProduced) {
    if (hasProduced && !hasLookedAtThreads) {
      hasLookedAtThreads = true;
      String other = layoutCheck.otherThreads();
      if (!other.isEmpty()) {
        log.warn(
            "{}: all threads are served; declare the device's own counts when attaching", other);
      }
    }
    if (hasMoved) {
      return;
    }
    hasMoved = hasProduced;
    for (int pool = 0; pool < plan.poolCount() && !hasMoved; pool++) {
      int at = plan.poolOffset(pool) + plan.poolLayout(pool).headOffset();
      hasMoved = words.loadIntAcquire(at) != 0;
    }
    String silence = hasMoved ? "" : layoutCheck.silence(clock.nanoTime());
    if (!silence.isEmpty()) {
      hasMoved = true; // log it once
      log.warn("{}", silence);
    }
  }

  /** Returns what contradicts the declared layout; empty if nothing does. */
  public String contradiction() {
    return contradiction;
  }

  private long dropped(int pool) {
    return deviceCounters.dropped(pool) - closed.dropped[pool];
  }

  private void gather(int pool) {
    DropEvidence seen = evidence[pool];
    Shortages shortages = refill.shortages();
    seen.whileSpareAtHand = shortages.dropped(pool, Shortage.SPARE_AT_HAND);
    seen.whileNotDrained = shortages.dropped(pool, Shortage.NOT_DRAINED);
    seen.whileNotReturned = shortages.dropped(pool, Shortage.NOT_RETURNED);
    seen.isEmpty = freeEntries(pool) == 0;
    Shortage present = shortages.present(pool);
    seen.isNotDrained = seen.isEmpty && present == Shortage.NOT_DRAINED;
    seen.isNotReturned = seen.isEmpty && present == Shortage.NOT_RETURNED;
  }

  /**
   * Returns the entries in the free queue of a pool, no older than the last count; -1 if the
   * indices are implausible.
   */
  int freeEntries(int pool) {
    int at = plan.poolOffset(pool);
    PoolLayout layout = plan.poolLayout(pool);
    int head = words.loadIntAcquire(at + layout.headOffset());
    int tail = words.loadIntAcquire(at + layout.tailOffset());
    int entries = tail - head;
    return entries >= 0 && entries <= layout.slotCount() ? entries : -1;
  }

  /**
   * Returns the entries in a ready queue, no older than the last count; 0 if the indices are
   * implausible.
   */
  int readyEntries(int number) {
    ReadyQueue queue = plan.readyQueues().get(number);
    int head = words.loadIntAcquire(queue.headOffset());
    int tail = words.loadIntAcquire(queue.tailOffset());
    int entries = queue.entries();
    if (head < 0 || head >= entries || tail < 0 || tail >= entries) {
      return 0;
    }
    return queue.fill(head, tail);
  }

  private boolean isReadyQueueFull() {
    for (ReadyQueue queue : plan.readyQueues()) {
      if (readyEntries(queue.number()) == queue.entries() - 1) {
        return true;
      }
    }
    return false;
  }

  private void countAgents(RunTotals now) {
    Arrays.fill(now.violations, 0);
    Arrays.fill(now.tasks, 0);
    Arrays.fill(now.busyNanos, 0);
    for (DrainAgent drain : drains) {
      addViolations(now, drain.violations());
    }
    addViolations(now, refill.violations());
    addViolations(now, violations);
    for (CollectorAgent collector : collectors) {
      addViolations(now, collector.violations());
    }
    now.violations[AbiViolation.COUNTER_BACKWARDS.ordinal()] += deviceCounters.backwards();
    now.pushStalls = sumOfFull(DrainAgent::full);
    now.pushStallNanos = sumOfFull(DrainAgent::fullNanos);
    now.popStalls = refill.stalls().sum();
    now.popStallNanos = refill.stallNanos().sum();
    for (TaskStatistics ofShard : statistics) {
      for (int core = 0; core < plan.geometry().numCores(); core++) {
        int type = plan.geometry().coreType(core);
        now.tasks[type] += ofShard.tasks(core);
        now.busyNanos[type] += (long) (ofShard.busyTicks(core) * nanosPerTick);
      }
    }
    now.syntheticVerified = checks.verified();
    now.syntheticMismatched = checks.mismatched();
  }

  private static void addViolations(RunTotals now, IncidentRecorder recorder) {
    for (AbiViolation violation : AbiViolation.ALL) {
      now.violations[violation.ordinal()] += recorder.count(violation.ordinal());
    }
  }

  private long handoffFull() {
    long sum = 0;
    for (DrainAgent drain : drains) {
      sum += drain.counters().get(DrainAgent.HANDOFF_FULL);
    }
    return sum;
  }

  private long sumOfFull(Function<DrainAgent, CounterArray> counts) {
    long sum = 0;
    for (DrainAgent drain : drains) {
      sum += counts.apply(drain).sum();
    }
    return sum;
  }

  /** Describes the first case of a violation, for a log line. */
  public String evidence(AbiViolation violation) {
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
    if (violations.count(violation.ordinal()) > 0) {
      return "counters, " + violations.evidence(violation.ordinal());
    }
    return "no evidence kept";
  }

  /** Returns the AICPU thread of a core, as written by the device; -1 if unknown. */
  int coreToThread(int core) {
    // One byte of a word; -1 until the device writes its map at the end of the orchestration.
    int at = plan.layout().coreToThreadOffset() + core;
    int word = memory.loadIntAcquire(at & -Integer.BYTES);
    return (byte) (word >>> ((at & 3) * Byte.SIZE));
  }
}
