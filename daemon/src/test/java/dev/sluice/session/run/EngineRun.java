package dev.sluice.session.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.BufferLayout;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Layout;
import dev.sluice.abi.PoolLayout;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.agent.Agent;
import dev.sluice.agent.ParkMeter;
import dev.sluice.config.Settings;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.BufferLedger;
import dev.sluice.device.BufferState;
import dev.sluice.device.HostState;
import dev.sluice.device.TestStates;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.testkit.DevicePool;
import dev.sluice.testkit.ManualClock;
import dev.sluice.testkit.ScriptedDevice;
import dev.sluice.testkit.SyntheticRecords;
import dev.sluice.testkit.TestArena;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A {@link Run} and a scripted device on one arena, both stepped by the test, with invariants to
 * check between any two steps.
 */
final class EngineRun {
  private static final long SEED = 42;
  private static final long RUN_EPOCH = 77;
  private static final long ORIGIN_TICKS = 1_000_000;
  private static final long PERIOD_TICKS = 5_000;

  final ManualClock clock = new ManualClock();
  final ArenaPlan plan;
  Run run;
  final ScriptedDevice device;
  List<Agent> agents;
  final TestArena arena;
  private final Settings settings;
  private final HostState state;
  private MortalMemory memory;
  private byte[] saved;

  /** Records taken by {@link #recycle}, by kind. */
  final long[] recycled = new long[BufferKind.COUNT];

  private final boolean[] isLent; // by the guard, since the last host
  private final boolean[] isInSlot;
  private final boolean[] isHeld;
  private final int[] heldByPool;

  EngineRun(TestArena arena, Settings settings) {
    this(arena, settings, RunCapture.NONE);
  }

  EngineRun(TestArena arena, Settings settings, RunCapture capture) {
    plan = arena.plan();
    this.arena = arena;
    this.settings = settings;
    state = HostState.inMemory(plan, settings.collector().shards());
    run = new Run(setup(capture));
    save();
    agents = run.agents();
    device =
        new ScriptedDevice(
            arena, new SyntheticRecords(plan.geometry(), SEED, ORIGIN_TICKS, PERIOD_TICKS), clock);
    isLent = new boolean[plan.bufferCount()];
    isInSlot = new boolean[plan.bufferCount()];
    isHeld = new boolean[plan.bufferCount()];
    heldByPool = new int[plan.poolCount()];
  }

  private RunSetup setup(RunCapture capture) {
    SyntheticContent content =
        new SyntheticContent(plan.geometry(), SEED, ORIGIN_TICKS, PERIOD_TICKS);
    memory = new MortalMemory(arena.memory());
    return new RunSetup(
        plan,
        memory,
        TestArena.DEVICE_BASE,
        plan.layout().facts().hasCountedEntries() ? 0 : RUN_EPOCH,
        settings,
        clock,
        new ParkMeter(),
        ContentChecks.ofAll(content, plan.poolCount()),
        capture,
        state);
  }

  /** Saves the books, as the session's owner does periodically. */
  void save() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      run.count();
      run.save(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    saved = bytes.toByteArray();
  }

  /** Kills the host within the given number of arena accesses, in the middle of an agent's work. */
  void die(int accesses, Random random) {
    memory.dieIn(accesses);
    try {
      for (int i = 0; i < 100; i++) {
        agents.get(random.nextInt(agents.size())).doWork();
      }
    } catch (MortalMemory.Death e) {
      // Expected.
    }
    memory.dieIn(0);
  }

  /**
   * Plays a client's guard while no host is running: recycles up to {@code buffers} published
   * buffers unread (sluice_recycle.c). No entry may be torn.
   */
  void recycle(int buffers) {
    ByteBuffer bytes = arena.bytes();
    Layout layout = plan.layout();
    int left = buffers;
    for (int queue = 0; queue < layout.queueCount(); queue++) {
      int head = bytes.getInt(layout.queueHeadOffset(queue));
      while (left > 0 && head != bytes.getInt(layout.queueTailOffset(queue))) {
        int entry = layout.entryOffset(queue, head);
        long pointer = bytes.getLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET);
        // 0: the host died between clearing an entry and releasing it.
        if (pointer != 0 && !recycle(entry, pointer)) {
          break;
        }
        if (layout.generation() == Generation.L2_2026_06) {
          bytes.putLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET, 0);
        }
        left--;
        head = (head + 1) % layout.queueEntries();
        bytes.putInt(layout.queueHeadOffset(queue), head);
      }
    }
  }

  /** Returns false, without effect, if the free queue has no room. */
  private boolean recycle(int entry, long pointer) {
    ByteBuffer bytes = arena.bytes();
    BufferKind kind = BufferKind.ALL.get(bytes.getInt(entry + ReadyEntryLayout.KIND_OFFSET));
    int instance = bytes.getInt(entry + ReadyEntryLayout.CORE_INDEX_OFFSET);
    DevicePool pool = device.pool(kind, instance);
    PoolLayout words = plan.layout().pool();
    if (pool.freeTail() - pool.freeHead() == words.slotCount() || hasUnpublishedLoan(pool)) {
      return false;
    }
    lend(kind, instance, pointer, pool.recordsIn(pointer));
    return true;
  }

  /**
   * Plays the guard's last resort for a starved pool: lends a buffer that is on no queue, because
   * the dead host held it.
   */
  void rescue(Random random) {
    int buffer = random.nextInt(plan.bufferCount());
    BufferState now = run.engine().ledger().state(buffer);
    long pointer = TestArena.DEVICE_BASE + plan.offsetOfBuffer(buffer);
    int home = plan.homePool(buffer);
    DevicePool pool = device.pools()[home];
    boolean isInHand =
        now == BufferState.FREE || now == BufferState.READY || now == BufferState.COLLECTING;
    // A buffer collected but not cleared would be counted twice (docs/reliability.md).
    int shard = home % settings.collector().shards();
    boolean isCollected =
        now == BufferState.COLLECTING && TestStates.isLastCollected(state, shard, buffer);
    boolean isElsewhere = pool.held().contains(pointer) || isPublished(pointer);
    for (int index = pool.freeHead(); index != pool.freeTail(); index++) {
      isElsewhere |= pool.slot(index) == pointer;
    }
    boolean isEmptyQueue = pool.freeHead() == pool.freeTail();
    if (isInHand && !isCollected && !isElsewhere && isEmptyQueue && !hasUnpublishedLoan(pool)) {
      // A buffer cleared by the host and not lent since holds no records.
      boolean isEmpty = now == BufferState.FREE && !isLent[buffer];
      lend(
          plan.kindOfPool(home),
          plan.instanceOfPool(home),
          pointer,
          isEmpty ? 0 : pool.recordsIn(pointer));
    }
  }

  /**
   * Returns whether the dead host noted a loan without publishing it. If a guard then takes that
   * slot, the buffer is out of use until the next run (docs/host-state.md).
   */
  private boolean hasUnpublishedLoan(DevicePool pool) {
    BufferLedger ledger = run.engine().ledger();
    boolean isFound = false;
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      isFound |=
          device.pools()[plan.homePool(buffer)] == pool
              && ledger.state(buffer) == BufferState.FREE_QUEUE
              && !ledger.isWithDevice(buffer, pool.freeTail());
    }
    return isFound;
  }

  private boolean isPublished(long pointer) {
    Layout layout = plan.layout();
    boolean isFound = false;
    for (int queue = 0; queue < layout.queueCount(); queue++) {
      int tail = arena.bytes().getInt(layout.queueTailOffset(queue));
      for (int at = arena.bytes().getInt(layout.queueHeadOffset(queue)); at != tail; ) {
        int entry = layout.entryOffset(queue, at) + ReadyEntryLayout.BUFFER_PTR_OFFSET;
        isFound |= arena.bytes().getLong(entry) == pointer;
        at = (at + 1) % layout.queueEntries();
      }
    }
    return isFound;
  }

  private void lend(BufferKind kind, int instance, long pointer, int records) {
    ByteBuffer bytes = arena.bytes();
    DevicePool pool = device.pool(kind, instance);
    PoolLayout words = plan.layout().pool();
    recycled[kind.ordinal()] += records;
    int at = (int) (pointer - TestArena.DEVICE_BASE);
    for (int slot = 0; kind == BufferKind.AICORE_TASK && slot < layoutOf(kind).records(); slot++) {
      bytes.putLong(at + slot * kind.recordBytes(), 0);
    }
    bytes.putInt(at + layoutOf(kind).countOffset(), 0);
    int tail = pool.freeTail();
    int poolAt = plan.geometry().poolOffset(kind, instance);
    bytes.putLong(poolAt + words.slotOffset(tail), pointer);
    bytes.putInt(poolAt + words.tailOffset(), tail + 1);
    isLent[numberOf(pointer)] = true;
  }

  private BufferLayout layoutOf(BufferKind kind) {
    return plan.layout().buffer(kind);
  }

  /** Returns the state, for tests that damage it. */
  HostState state() {
    return state;
  }

  /** Another host takes over. */
  void resume() {
    resume(new DataInputStream(new ByteArrayInputStream(saved)));
  }

  /** Another host takes over, of a version that cannot read the books. */
  void resumeWithoutBooks() {
    resume(null);
  }

  private void resume(DataInput books) {
    try {
      run = Run.resumed(setup(RunCapture.NONE), books, buffer -> isLent[buffer]);
      Arrays.fill(isLent, false);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    agents = run.agents();
  }

  /** Runs one cycle of every agent; returns the work done. */
  int cycle() {
    int work = 0;
    for (Agent agent : agents) {
      work += agent.doWork();
    }
    return work;
  }

  /** As {@link #cycle}, but without allocating, for tests that count allocations. */
  void cycleWithoutIterator() {
    for (int i = 0; i < agents.size(); i++) {
      agents.get(i).doWork();
    }
  }

  /** Runs device and host, advancing the clock, until the device is idle. */
  void runUntilDeviceIsIdle() {
    for (int round = 0; !device.isIdle(); round++) {
      assertTrue(round < 100_000, "the device hangs: it waits for the host");
      device.runUntilBlocked();
      cycle();
      clock.advance(5_000);
    }
  }

  /** Asserts that every buffer is in exactly one place, and that the ledger agrees. */
  void checkConservation() {
    BufferLedger ledger = run.engine().ledger();
    java.util.Arrays.fill(isInSlot, false);
    java.util.Arrays.fill(isHeld, false);
    java.util.Arrays.fill(heldByPool, 0);
    DevicePool[] pools = device.pools();
    for (int p = 0; p < pools.length; p++) {
      DevicePool pool = pools[p];
      for (int index = pool.freeHead(); index != pool.freeTail(); index++) {
        int buffer = numberOf(pool.slot(index));
        assertTrue(!isInSlot[buffer], () -> "buffer " + buffer + " lies in two slots");
        isInSlot[buffer] = true;
        assertEquals(BufferState.FREE_QUEUE, ledger.state(buffer), "a buffer in a slot");
        assertEquals(p, ledger.poolOf(buffer), "the pool of a buffer in a slot");
      }
      for (long pointer : pool.held()) {
        int buffer = numberOf(pointer);
        assertTrue(!isInSlot[buffer], () -> "buffer " + buffer + " is held and in a slot");
        isHeld[buffer] = true;
        assertEquals(p, ledger.poolOf(buffer), "the pool of a held buffer");
      }
    }
    int ready = 0;
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      BufferState state = ledger.state(buffer);
      boolean isLent = state == BufferState.FREE_QUEUE || state == BufferState.DEVICE;
      if (isLent) {
        heldByPool[ledger.poolOf(buffer)]++;
        if (!isInSlot[buffer] && !isHeld[buffer]) {
          long pointer = TestArena.DEVICE_BASE + plan.offsetOfBuffer(buffer);
          assertTrue(
              pools[ledger.poolOf(buffer)].published().contains(pointer),
              "buffer " + buffer + " is lent but nowhere");
        }
      } else {
        assertTrue(!isHeld[buffer], () -> "the device holds a buffer that is " + state.label());
      }
      assertTrue(state != BufferState.COLLECTING, "a collector holds on to a buffer");
      ready += state == BufferState.READY ? 1 : 0;
    }
    assertEquals(run.engine().handoffEntries(), ready, "buffers between drain and collectors");
    for (int p = 0; p < pools.length; p++) {
      assertTrue(heldByPool[p] <= plan.quota(pools[p].kind()), "quota of " + pools[p]);
    }
  }

  private int numberOf(long pointer) {
    for (int buffer = 0; buffer < plan.bufferCount(); buffer++) {
      if (TestArena.DEVICE_BASE + plan.offsetOfBuffer(buffer) == pointer) {
        return buffer;
      }
    }
    throw new AssertionError("no buffer has address 0x" + Long.toHexString(pointer));
  }

  /** Checks the law while the device runs: nothing unexplained, nothing negative. */
  void checkRunningLaw() {
    RunTotals totals = run.count();
    for (BufferKind kind : BufferKind.ALL) {
      AccountingLaw law = totals.laws[kind.ordinal()];
      assertEquals(attempts(kind), law.produced(), () -> "produced " + kind.label());
      assertEquals(dropped(kind), law.dropped(), () -> "dropped " + kind.label());
      assertEquals(0, law.unaccounted(), () -> "unaccounted " + describe(kind) + ": " + law);
      assertEquals(
          law.produced(),
          law.collected() + law.dropped() + law.inferred() + law.recycled() + law.inFlight(),
          () -> "the law of " + kind.label() + ": " + law);
    }
    assertEquals(0, totals.syntheticMismatched, "records with wrong content");
  }

  /** Checks the law after a flushed run: exact, record by record. */
  void checkSettledLaw() {
    checkContent(checkRecords());
  }

  /** Same, if earlier hosts have seen a part of the records. */
  RunTotals checkRecords() {
    RunTotals totals = run.count();
    for (BufferKind kind : BufferKind.ALL) {
      AccountingLaw law = totals.laws[kind.ordinal()];
      String what = kind.label() + ": " + law;
      assertEquals(attempts(kind), law.produced(), what);
      assertEquals(dropped(kind), law.dropped(), what);
      assertEquals(publishedRecords(kind), law.collected() + law.recycled(), what);
      assertEquals(recycled[kind.ordinal()], law.recycled(), what);
      assertEquals(lostSilently(kind), law.inferred(), what);
      assertEquals(0, law.salvaged(), what);
      assertEquals(0, law.died(), what);
      assertEquals(0, law.inFlight(), what);
      assertEquals(0, law.unaccounted(), what);
    }
    return totals;
  }

  void checkContent(RunTotals totals) {
    assertEquals(0, totals.syntheticMismatched, "records with wrong content");
    assertEquals(
        totals.law().collected() + totals.law().salvaged(),
        totals.syntheticVerified,
        "records compared");
  }

  /** Describes the device's ground truth for a failure message. */
  private String describe(BufferKind kind) {
    StringBuilder text =
        new StringBuilder(kind.label() + ", " + plan.layout() + ", quota " + plan.quota(kind));
    text.append(" x ").append(plan.layout().buffer(kind).records()).append(" records");
    for (DevicePool pool : device.pools()) {
      if (pool.kind() == kind) {
        text.append("; ").append(pool).append(": ").append(pool.attempts()).append(" attempts, ");
        text.append(pool.publishedRecords()).append(" published, ");
        text.append(pool.heldRecords()).append(" held, ");
        text.append(pool.dropped()).append(" dropped, ");
        text.append(pool.lostSilently()).append(" lost");
      }
    }
    return text.toString();
  }

  long attempts(BufferKind kind) {
    return sum(kind, DevicePool::attempts);
  }

  long dropped(BufferKind kind) {
    return sum(kind, DevicePool::dropped);
  }

  long publishedRecords(BufferKind kind) {
    return sum(kind, DevicePool::publishedRecords);
  }

  long heldRecords(BufferKind kind) {
    return sum(kind, DevicePool::heldRecords);
  }

  long lostSilently(BufferKind kind) {
    return sum(kind, DevicePool::lostSilently);
  }

  /** Returns records counted as dropped whose buffer the device has not cleared yet. */
  long countedTwice(BufferKind kind) {
    return sum(
        kind,
        pool ->
            Math.max(
                0,
                pool.publishedRecords() + pool.heldRecords() + pool.dropped() - pool.attempts()));
  }

  private long sum(BufferKind kind, java.util.function.ToLongFunction<DevicePool> value) {
    long sum = 0;
    for (DevicePool pool : device.pools()) {
      sum += pool.kind() == kind ? value.applyAsLong(pool) : 0;
    }
    return sum;
  }
}
