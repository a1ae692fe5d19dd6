package dev.sluice.device.lane;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.agent.ParkMeter;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaLeases;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferTable;
import dev.sluice.device.HostState;
import dev.sluice.device.RunArena;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.ScriptedDevice;
import dev.sluice.testkit.SyntheticRecords;
import dev.sluice.testkit.TestArena;
import java.util.Arrays;
import java.util.stream.IntStream;

/** One drain and one refill agent over a small arena, with rings of the test's size. */
final class LaneRig {
  static final long SWEEP_NANOS = 1_000_000;

  final ManualClock clock = new ManualClock();
  final TestArena arena;
  final ArenaPlan plan;
  final BufferTable table;
  final BufferLedger ledger;
  final ArenaLeases leases;
  final SpscRing handoff;
  final SpscRing hints;
  final SpscRing returns;
  final DrainAgent drain;
  final RefillAgent refill;
  final ScriptedDevice device;

  private final int[] tails;

  LaneRig(TestArena arena, int handoffEntries, int batchEntries, boolean cycles) {
    this(arena, handoffEntries, batchEntries, cycles, arena.plan().poolCount());
  }

  /**
   * With fewer known pools than the plan has, the drain dies while it records a publication of an
   * unknown pool.
   */
  LaneRig(TestArena arena, int handoffEntries, int batchEntries, boolean cycles, int knownPools) {
    this.arena = arena;
    plan = arena.plan();
    Arena.initialise(arena.memory(), plan);
    RunArena shared =
        RunArena.of(arena.memory(), plan, TestArena.DEVICE_BASE, HostState.inMemory(plan, 1));
    table = shared.table();
    ledger = shared.ledger();
    leases = shared.leases();
    leases.runs().open(0);
    handoff = new SpscRing(handoffEntries);
    hints = new SpscRing(64);
    returns = SpscRing.forAtLeast(plan.bufferCount());
    int[] slots = new int[knownPools];
    Arrays.fill(slots, plan.layout().pool().slotCount());
    drain =
        new DrainAgent(
            shared,
            IntStream.range(0, plan.layout().queueCount()).toArray(),
            new SpscRing[] {handoff},
            hints,
            new LaneSlack(slots),
            batchEntries,
            clock,
            new ParkMeter());
    refill =
        new RefillAgent(
            shared,
            new SpscRing[] {hints},
            new SpscRing[] {returns},
            cycles
                ? FreezeGate.cycling(arena.memory(), plan.layout())
                : FreezeGate.never(arena.memory(), plan.layout()),
            SWEEP_NANOS,
            clock);
    refill.seed();
    device =
        new ScriptedDevice(
            arena, new SyntheticRecords(plan.geometry(), 1, 1_000_000, 10_000), clock);
    tails = new int[plan.layout().queueCount()];
  }

  static LaneRig of(Generation generation) {
    return new LaneRig(TestArena.small(generation, 3, 2, 4), 64, 16, false);
  }

  /** Pops the next buffer of a pool's free queue, like the device; returns its address. */
  long pop(BufferKind kind, int instance) {
    int pool = plan.geometry().poolOffset(kind, instance);
    int headAt = pool + plan.layout().pool().headOffset();
    int head = arena.bytes().getInt(headAt);
    long pointer = arena.bytes().getLong(pool + plan.layout().pool().slotOffset(head));
    arena.bytes().putInt(headAt, head + 1);
    return pointer;
  }

  /** Publishes an entry of any content. */
  void publish(int queue, int coreIndex, int kind, long pointer, int sequence) {
    writeEntry(queue, coreIndex, kind, pointer, sequence);
    showTail(queue);
  }

  /** Writes the next entry without making it visible. */
  void writeEntry(int queue, int coreIndex, int kind, long pointer, int sequence) {
    writeEntryAt(
        plan.layout().entryOffset(queue, tails[queue]), coreIndex, kind, pointer, sequence);
  }

  void writeEntryAt(int entry, int coreIndex, int kind, long pointer, int sequence) {
    arena.bytes().putInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET, coreIndex);
    arena.bytes().putInt(entry + ReadyEntryLayout.KIND_OFFSET, kind);
    arena.bytes().putLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET, pointer);
    arena.bytes().putInt(entry + ReadyEntryLayout.BUFFER_SEQ_OFFSET, sequence);
  }

  /** Makes the next entry visible, whatever its content. */
  void showTail(int queue) {
    tails[queue] = (tails[queue] + 1) % plan.layout().queueEntries();
    setTail(queue, tails[queue]);
  }

  void setTail(int queue, int value) {
    arena.bytes().putInt(plan.layout().queueTailOffset(queue), value);
  }

  int head(int queue) {
    return arena.bytes().getInt(plan.layout().queueHeadOffset(queue));
  }

  /** Pops a buffer and publishes it as full; returns its number. */
  int publishNext(int queue, BufferKind kind, int instance, int sequence) {
    long pointer = pop(kind, instance);
    publish(queue, instance, kind.ordinal(), pointer, sequence);
    return table.find(kind, pointer);
  }

  /** As {@link #publishNext}, with a run epoch in the entry. */
  int publishNamed(int queue, BufferKind kind, int instance, int sequence, long run) {
    int entry = plan.layout().entryOffset(queue, tails[queue]);
    arena.bytes().putLong(entry + ReadyEntryLayout.RUN_EPOCH_OFFSET, run);
    return publishNext(queue, kind, instance, sequence);
  }

  /** Returns a buffer as a collector does after it took it from the handoff ring. */
  void giveBack(int buffer) {
    ledger.collecting(buffer);
    ledger.free(buffer);
    returns.offer(buffer);
  }

  int depth(BufferKind kind, int instance) {
    int pool = plan.geometry().poolOffset(kind, instance);
    return arena.bytes().getInt(pool + plan.layout().pool().tailOffset())
        - arena.bytes().getInt(pool + plan.layout().pool().headOffset());
  }
}
