package dev.sluice.ingest;

import dev.sluice.abi.AicoreTaskRecord;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.device.ArenaLeases;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferState;
import dev.sluice.device.BufferTable;
import dev.sluice.handoff.ShardJournal;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.TestArena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** One collector over a small arena, with buffers handed over as the drain does. */
final class IngestRig {
  /** A sink scripted by the test that records what it was offered. */
  static final class TestSink implements LeaseSink {
    /** One offer: pool, sequence, accepted records. */
    record Offer(int pool, int sequence, int records) {}

    final List<Offer> offers = new ArrayList<>();
    boolean hasRoom = true;
    boolean throwsUp;
    boolean reads = true;

    @Override
    public boolean accept(dev.sluice.handoff.Lease lease, AcceptedRecords records) {
      offers.add(new Offer(lease.pool(), lease.sequence(), records.count()));
      if (throwsUp) {
        throw new IllegalStateException("disk on fire");
      }
      return hasRoom;
    }

    @Override
    public boolean isReader() {
      return reads;
    }
  }

  final TestArena arena;
  final ArenaPlan plan;
  final BufferLedger ledger;
  final ArenaLeases leases;
  final SpscRing handoff = new SpscRing(64);
  final SpscRing returns;
  final TestSink sink = new TestSink();
  final CollectorAgent collector;

  private final int[] lent;
  private final int[] named;

  IngestRig(Generation generation, int returnEntries) {
    this(generation, returnEntries, sink -> sink);
  }

  /**
   * @param wrapper wraps the recording sink
   */
  IngestRig(Generation generation, int returnEntries, UnaryOperator<LeaseSink> wrapper) {
    arena = TestArena.small(generation, 3, 2, 4);
    plan = arena.plan();
    ledger = new BufferLedger(plan.bufferCount());
    leases =
        new ArenaLeases(arena.memory(), plan, new BufferTable(plan, TestArena.DEVICE_BASE), ledger);
    leases.runs().open(0);
    returns = new SpscRing(returnEntries);
    collector =
        new CollectorAgent(
            plan.geometry(),
            plan.poolCount(),
            new SpscRing[] {handoff},
            leases.shard(returns),
            wrapper.apply(sink),
            ShardJournal.inMemory(plan.poolCount()),
            16,
            new ManualClock());
    lent = new int[plan.poolCount()];
    named = new int[plan.poolCount()];
  }

  /** Hands over the pool's next buffer unchanged. */
  int hand(BufferKind kind, int instance, int sequence) {
    int buffer = next(kind, instance);
    hand(buffer, instance, sequence);
    return buffer;
  }

  void hand(int buffer, int instance, int sequence) {
    ledger.lend(buffer, plan.homePool(buffer), 0);
    leases.describe(buffer, instance, 0, sequence, 0);
    ledger.claim(buffer);
    handoff.offer(buffer);
  }

  /** Hands over a buffer whose entry and tail name a run; the two counts may differ. */
  int handNamed(BufferKind kind, int instance, int count, int announced, long run) {
    int sequence = named[plan.pool(kind, instance)]++;
    return handNamed(kind, instance, count, announced, run, sequence);
  }

  int handNamed(BufferKind kind, int instance, int count, int announced, long run, int sequence) {
    int buffer = next(kind, instance);
    int at = plan.offsetOfBuffer(buffer);
    setCount(buffer, count);
    arena.bytes().putLong(at + plan.layout().buffer(kind).runEpochOffset(), run);
    arena.bytes().putInt(at + plan.layout().buffer(kind).localSeqOffset(), sequence);
    leases.announce(buffer, announced, run);
    hand(buffer, instance, sequence);
    return buffer;
  }

  /** Returns the pool's next buffer, round-robin. */
  int next(BufferKind kind, int instance) {
    int pool = plan.pool(kind, instance);
    int quota = plan.quota(kind);
    return plan.firstBuffer(kind) + instance * quota + lent[pool]++ % quota;
  }

  void setCount(int buffer, int count) {
    BufferKind kind = plan.kindOfBuffer(buffer);
    arena
        .bytes()
        .putInt(plan.offsetOfBuffer(buffer) + plan.layout().buffer(kind).countOffset(), count);
  }

  /** Writes AICore records; a token of -1 leaves its slot unwritten. */
  void setTokens(int buffer, long... tokens) {
    for (int slot = 0; slot < tokens.length; slot++) {
      int at = plan.offsetOfBuffer(buffer) + slot * AicoreTaskRecord.SIZE_BYTES;
      boolean isWritten = tokens[slot] >= 0;
      arena.bytes().putLong(at + AicoreTaskRecord.START_TIME_OFFSET, isWritten ? 1 : 0);
      arena.bytes().putInt(at + AicoreTaskRecord.REG_TASK_ID_OFFSET, (int) tokens[slot]);
    }
  }

  int handAicore(int sequence, long... tokens) {
    int buffer = next(BufferKind.AICORE_TASK, 0);
    setTokens(buffer, tokens);
    hand(buffer, 0, sequence);
    return buffer;
  }

  long collected(BufferKind kind, int instance) {
    return collector.books(0).collected().get(plan.pool(kind, instance));
  }

  BufferState state(int buffer) {
    return ledger.state(buffer);
  }
}
