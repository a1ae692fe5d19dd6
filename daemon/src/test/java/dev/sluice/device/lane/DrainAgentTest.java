package dev.sluice.device.lane;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static dev.sluice.abi.BufferKind.ORCH_PHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.device.BufferState;
import dev.sluice.handoff.Lease;
import dev.sluice.handoff.SpscRing;
import dev.sluice.testkit.TestArena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DrainAgentTest {
  private static final long TORN_GRACE_NANOS = 200_000;

  @Test
  void shouldDoNoWorkOnEmptyQueues() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    assertEquals(0, rig.drain.doWork());
    assertEquals(0, rig.drain.doWork());
    assertEquals(2, rig.drain.counters().get(DrainAgent.POLLS));
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldHandOverWhatTheDevicePublished(Generation generation) {
    LaneRig rig = LaneRig.of(generation);
    rig.drain.doWork();
    long caughtUpNs = rig.clock.nanoTime();
    rig.clock.advance(700);
    int first = rig.publishNext(1, AICPU_TASK, 2, 0);
    int second = rig.publishNext(1, AICPU_TASK, 2, 1);
    int third = rig.publishNext(0, ORCH_PHASE, 0, 0);
    assertEquals(3, rig.drain.doWork());
    // The order of queues is up to the drain; the order within a queue is not.
    long[] taken = {rig.handoff.poll(), rig.handoff.poll(), rig.handoff.poll()};
    int at = taken[0] == first ? 0 : 1;
    assertEquals(first, taken[at]);
    assertEquals(second, taken[at + 1]);
    assertEquals(third, taken[at == 0 ? 2 : 0]);
    assertEquals(SpscRing.EMPTY, rig.handoff.poll());
    assertEquals(BufferState.READY, rig.ledger.state(first));
    assertEquals(2, rig.head(1));
    assertEquals(1, rig.head(0));
    assertEquals(3, rig.drain.counters().get(DrainAgent.ENTRIES));

    Lease lease = new Lease();
    rig.leases.shard(rig.returns).open(second, lease);
    assertEquals(rig.plan.pool(AICPU_TASK, 2), lease.pool());
    assertEquals(1, lease.queue());
    assertEquals(1, lease.sequence());
    assertEquals(caughtUpNs, lease.readyNs(), "the last moment it was known not to be there");

    long hint = rig.hints.poll();
    assertTrue(RefillHint.pool(hint) == lease.pool() || RefillHint.pool(hint) != 0);
    assertEquals(3, 1 + drainOf(rig.hints));
  }

  private static int drainOf(SpscRing ring) {
    int values = 0;
    while (ring.poll() != SpscRing.EMPTY) {
      values++;
    }
    return values;
  }

  /** abi.md, Ready queues: entries go to the queue of the thread that currently owns the core. */
  @Test
  void shouldKeepTheOrderOfACoreThatChangesThreads() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    rig.drain.doWork(); // the next pass begins with queue 1
    int older = rig.publishNext(0, AICORE_TASK, 0, 0);
    int younger = rig.publishNext(1, AICORE_TASK, 0, 1);
    assertEquals(2, rig.drain.doWork());
    assertEquals(older, rig.handoff.poll());
    assertEquals(younger, rig.handoff.poll());
    assertEquals(1, rig.drain.counters().get(DrainAgent.REORDERED));
    expects(rig, AbiViolation.SEQUENCE, 0);
  }

  /** A wild sequence number of an old run must not make those of the open run look old or late. */
  @Test
  void shouldNumberTheBuffersOfEachRunForThemselves() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_09);
    rig.leases.runs().close(0);
    rig.leases.runs().open(7);
    int old = rig.publishNamed(0, AICPU_TASK, 0, 900, 5);
    int first = rig.publishNamed(0, AICPU_TASK, 0, 0, 7);
    rig.leases.runs().open(8);
    int ofNext = rig.publishNamed(0, AICPU_TASK, 0, 0, 8);
    int second = rig.publishNamed(0, AICPU_TASK, 0, 1, 7);
    for (int i = 0; i < 5; i++) {
      rig.drain.doWork();
    }
    for (int buffer : new int[] {old, first, ofNext, second}) {
      assertEquals(buffer, rig.handoff.poll());
    }
    expects(rig, AbiViolation.SEQUENCE, 0);
  }

  @Test
  void shouldBeginAgainWhereARunHasTakenThePlaceOfAnother() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_09);
    rig.publishNamed(0, AICPU_TASK, 0, 0, 7);
    rig.publishNamed(0, AICPU_TASK, 0, 1, 7);
    rig.drain.doWork();
    rig.leases.runs().close(0);
    rig.leases.runs().open(8);
    rig.publishNamed(0, AICPU_TASK, 0, 0, 8);
    rig.drain.doWork();
    assertEquals(3, drainOf(rig.handoff));
    expects(rig, AbiViolation.SEQUENCE, 0);
  }

  /** Two cores swap threads at once: neither queue can go first, but nothing is lost. */
  @Test
  void shouldTakeWhatCannotBePutInOrderOnceEachQueueWasLookedAt() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    long firstOfA = rig.pop(AICORE_TASK, 0);
    long secondOfA = rig.pop(AICORE_TASK, 0);
    long firstOfB = rig.pop(AICORE_TASK, 1);
    long secondOfB = rig.pop(AICORE_TASK, 1);
    rig.publish(0, 0, AICORE_TASK.ordinal(), secondOfA, 1);
    rig.publish(0, 1, AICORE_TASK.ordinal(), firstOfB, 0);
    rig.publish(1, 1, AICORE_TASK.ordinal(), secondOfB, 1);
    rig.publish(1, 0, AICORE_TASK.ordinal(), firstOfA, 0);
    int taken = 0;
    for (int i = 0; i < 5; i++) {
      taken += rig.drain.doWork();
    }
    assertEquals(4, taken);
    assertEquals(4, drainOf(rig.handoff));
    assertTrue(rig.drain.counters().get(DrainAgent.REORDERED) >= 1);
    expects(rig, AbiViolation.SEQUENCE, 0);
  }

  /** A missing sequence number holds up its queue for at most two passes. */
  @Test
  void shouldNotWaitForABufferThatDoesNotCome() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    int buffer = rig.publishNext(1, AICORE_TASK, 0, 3);
    for (int i = 0; i < 3; i++) {
      rig.drain.doWork();
    }
    assertEquals(buffer, rig.handoff.poll());
  }

  @Test
  void shouldFollowAQueueRoundItsEnd() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    int entries = rig.plan.layout().queueEntries();
    for (int i = 0; i < 3 * entries; i++) {
      int buffer = rig.publishNext(0, AICPU_TASK, 0, i);
      assertEquals(1, rig.drain.doWork());
      assertEquals(buffer, rig.handoff.poll());
      rig.hints.poll();
      rig.giveBack(buffer);
      rig.clock.advance(LaneRig.SWEEP_NANOS);
      rig.refill.doWork();
    }
    assertEquals(0, rig.head(0));
    for (AbiViolation violation : AbiViolation.ALL) {
      assertEquals(0, rig.drain.violations().count(violation.ordinal()), violation.label());
    }
  }

  /**
   * A guard would otherwise recycle an entry still on the queue, whose buffer a collector might
   * have lent again.
   */
  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldLeaveNoEntryOfWhatItHandedOverWhenItDies(Generation generation) {
    TestArena arena = TestArena.small(generation, 3, 2, 4);
    int last = arena.plan().pool(AICPU_TASK, 2);
    LaneRig rig = new LaneRig(arena, 64, 16, false, last);
    int first = rig.publishNext(0, AICPU_TASK, 1, 0);
    int second = rig.publishNext(0, AICPU_TASK, 2, 0);
    assertThrows(ArrayIndexOutOfBoundsException.class, rig.drain::doWork);
    assertEquals(first, rig.handoff.poll());
    assertEquals(SpscRing.EMPTY, rig.handoff.poll());
    assertEquals(BufferState.READY, rig.ledger.state(second));
    assertEquals(2, rig.head(0));
  }

  @Test
  void shouldTakeNoMoreThanABatchFromOneQueue() {
    LaneRig rig = new LaneRig(TestArena.small(Generation.CHIP_2026_08, 3, 2, 4), 64, 2, false);
    for (int i = 0; i < 3; i++) {
      rig.publishNext(0, AICPU_TASK, 0, i);
      rig.publishNext(1, AICPU_TASK, 1, i);
    }
    assertEquals(4, rig.drain.doWork());
    assertEquals(2, rig.head(0));
    assertEquals(2, rig.head(1));
    assertEquals(2, rig.drain.doWork());
  }

  @Test
  void shouldWaitWithTheEntryWhenTheHandoffIsFull() {
    LaneRig rig = new LaneRig(TestArena.small(Generation.CHIP_2026_08, 3, 2, 4), 1, 16, false);
    int first = rig.publishNext(0, AICPU_TASK, 0, 0);
    int second = rig.publishNext(0, AICPU_TASK, 0, 1);
    assertEquals(1, rig.drain.doWork());
    assertEquals(0, rig.drain.doWork(), "waiting is no work");
    assertEquals(1, rig.head(0));
    assertTrue(rig.ledger.state(second) != BufferState.READY, "not claimed before it has a place");
    assertEquals(2, rig.drain.counters().get(DrainAgent.HANDOFF_FULL));
    assertEquals(first, rig.handoff.poll());
    assertEquals(1, rig.drain.doWork());
    assertEquals(second, rig.handoff.poll());
  }

  @Test
  void shouldGoOnWhenNobodyReadsTheHints() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    while (rig.hints.offer(1)) {
      // Fills the ring.
    }
    rig.publishNext(0, AICPU_TASK, 0, 0);
    assertEquals(1, rig.drain.doWork());
  }

  private static void expects(LaneRig rig, AbiViolation violation, long count) {
    assertEquals(count, rig.drain.violations().count(violation.ordinal()), violation.label());
  }

  /** Checks that the drain skips the entry, counts it once, and takes the good one after it. */
  private static void refuses(
      AbiViolation violation, LaneRig rig, int coreIndex, int kind, long pointer) {
    int before = rig.head(0);
    rig.publish(0, coreIndex, kind, pointer, 0);
    int good = rig.publishNext(0, AICORE_TASK, 2, 0);
    for (int i = 0; i < 4; i++) {
      rig.drain.doWork();
      rig.clock.advance(TORN_GRACE_NANOS);
    }
    assertEquals(before + 2, rig.head(0));
    assertEquals(good, rig.handoff.poll());
    assertEquals(SpscRing.EMPTY, rig.handoff.poll());
    for (AbiViolation other : AbiViolation.ALL) {
      expects(rig, other, other == violation ? 1 : 0);
    }
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldRefuseAnUnknownKind(Generation generation) {
    for (int kind : new int[] {4, -1, Integer.MIN_VALUE, 0x0100_0000}) {
      LaneRig rig = LaneRig.of(generation);
      refuses(AbiViolation.BAD_KIND, rig, 0, kind, rig.pop(AICPU_TASK, 0));
    }
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldRefuseAnInstanceThatTheSessionDoesNotHave(Generation generation) {
    for (int instance : new int[] {3, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      LaneRig rig = LaneRig.of(generation);
      refuses(
          AbiViolation.BAD_INSTANCE, rig, instance, AICPU_TASK.ordinal(), rig.pop(AICPU_TASK, 0));
    }
    // The region has an orchestrator pool per thread, but only the first is in use.
    LaneRig rig = LaneRig.of(generation);
    refuses(AbiViolation.BAD_INSTANCE, rig, 1, ORCH_PHASE.ordinal(), rig.pop(ORCH_PHASE, 0));
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldRefusePointersThatNameNoBufferOfThePool(Generation generation) {
    int kind = AICPU_TASK.ordinal();
    refuses(AbiViolation.NULL_POINTER, LaneRig.of(generation), 0, kind, 0);
    LaneRig rig = LaneRig.of(generation);
    refuses(AbiViolation.UNKNOWN_POINTER, rig, 0, kind, 0xdead_beef_0000L);
    rig = LaneRig.of(generation);
    refuses(AbiViolation.MISALIGNED_POINTER, rig, 0, kind, rig.pop(AICPU_TASK, 0) + 32);
    rig = LaneRig.of(generation);
    refuses(AbiViolation.WRONG_KIND, rig, 0, kind, rig.pop(AICORE_TASK, 0));
    rig = LaneRig.of(generation);
    rig.pop(AICPU_TASK, 0);
    rig.pop(AICPU_TASK, 0);
    refuses(AbiViolation.WRONG_POOL, rig, 0, kind, rig.pop(AICPU_TASK, 1));
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldRefuseBuffersThatTheDeviceDoesNotHold(Generation generation) {
    // The buffer is still in its slot.
    LaneRig rig = LaneRig.of(generation);
    int kind = AICPU_TASK.ordinal();
    long inSlot = rig.table.deviceAddress(rig.plan.firstBuffer(AICPU_TASK));
    refuses(AbiViolation.NOT_DEVICE_OWNED, rig, 0, kind, inSlot);
    // The buffer is published twice, the first time already on its way to a collector.
    rig = LaneRig.of(generation);
    int buffer = rig.publishNext(1, AICPU_TASK, 0, 0);
    rig.drain.doWork();
    assertEquals(buffer, rig.handoff.poll());
    refuses(AbiViolation.NOT_DEVICE_OWNED, rig, 0, kind, rig.table.deviceAddress(buffer));
    assertEquals(BufferState.READY, rig.ledger.state(buffer));
  }

  @Test
  void shouldCountAWildTailOnceAndWait() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    for (int wild : new int[] {rig.plan.layout().queueEntries(), -1, Integer.MAX_VALUE}) {
      long before = rig.drain.violations().count(AbiViolation.BAD_INDEX.ordinal());
      rig.setTail(0, wild);
      assertEquals(0, rig.drain.doWork());
      assertEquals(0, rig.drain.doWork());
      expects(rig, AbiViolation.BAD_INDEX, before + 1);
    }
    rig.setTail(0, 0);
    int buffer = rig.publishNext(0, AICPU_TASK, 0, 0);
    assertEquals(1, rig.drain.doWork());
    assertEquals(buffer, rig.handoff.poll());
  }

  @Test
  void shouldSurviveATailThatRunsAhead() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    int buffer = rig.publishNext(0, AICPU_TASK, 0, 0);
    rig.setTail(0, rig.plan.layout().queueEntries() - 1);
    for (int i = 0; i < 100; i++) {
      rig.drain.doWork();
    }
    assertEquals(buffer, rig.handoff.poll());
    assertEquals(SpscRing.EMPTY, rig.handoff.poll());
    expects(rig, AbiViolation.NULL_POINTER, rig.plan.layout().queueEntries() - 2);
    assertEquals(1, rig.drain.full().get(0));
  }

  @Test
  void shouldWaitForATornEntryOfTheFirstGeneration() {
    for (int late = 0; late < 4; late++) {
      LaneRig rig = LaneRig.of(Generation.L2_2026_06);
      // One lap earlier, so that the ring holds stale but plausible words.
      for (int i = 0; i < rig.plan.layout().queueEntries(); i++) {
        int old = rig.publishNext(0, AICORE_TASK, 1, i);
        rig.drain.doWork();
        rig.handoff.poll();
        rig.giveBack(old);
        rig.clock.advance(LaneRig.SWEEP_NANOS);
        rig.refill.doWork();
      }
      rig.publishNext(1, AICPU_TASK, 2, 0);
      rig.drain.doWork();
      rig.handoff.poll();
      long pointer = rig.pop(AICPU_TASK, 2);
      int entry = rig.plan.layout().entryOffset(0, 0);
      int[] offsets = {
        ReadyEntryLayout.CORE_INDEX_OFFSET,
        ReadyEntryLayout.KIND_OFFSET,
        ReadyEntryLayout.BUFFER_PTR_OFFSET,
        ReadyEntryLayout.BUFFER_SEQ_OFFSET
      };
      int stale = rig.arena.bytes().getInt(entry + offsets[late]);
      long stalePointer = rig.arena.bytes().getLong(entry + ReadyEntryLayout.BUFFER_PTR_OFFSET);
      assertEquals(0, stalePointer, "cleared when it was consumed");
      rig.writeEntry(0, 2, AICPU_TASK.ordinal(), pointer, 1);
      if (offsets[late] == ReadyEntryLayout.BUFFER_PTR_OFFSET) {
        rig.arena.bytes().putLong(entry + offsets[late], stalePointer);
      } else {
        rig.arena.bytes().putInt(entry + offsets[late], stale);
      }
      rig.showTail(0);
      assertEquals(0, rig.drain.doWork(), "word " + late + " is late");
      rig.clock.advance(1_000);
      assertEquals(0, rig.drain.doWork());
      rig.writeEntryAt(entry, 2, AICPU_TASK.ordinal(), pointer, 1);
      assertEquals(1, rig.drain.doWork());
      assertEquals(rig.table.find(AICPU_TASK, pointer), (int) rig.handoff.poll());
      for (AbiViolation violation : AbiViolation.ALL) {
        expects(rig, violation, 0);
      }
    }
  }

  @Test
  void shouldGiveATornEntryUpAfterItsGrace() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_06);
    rig.publish(0, 0, AICPU_TASK.ordinal(), 0, 0);
    assertEquals(0, rig.drain.doWork());
    rig.clock.advance(TORN_GRACE_NANOS - 1);
    assertEquals(0, rig.drain.doWork());
    rig.clock.advance(1);
    assertEquals(1, rig.drain.doWork());
    expects(rig, AbiViolation.NULL_POINTER, 1);
  }

  @Test
  void shouldGiveNoGraceOnceTheDeviceHasStopped() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_06);
    rig.publish(0, 0, AICPU_TASK.ordinal(), 0, 0);
    int good = rig.publishNext(0, AICPU_TASK, 1, 0);
    rig.drain.doWork();
    rig.drain.endGrace();
    assertEquals(2, rig.drain.doWork());
    assertEquals(good, rig.handoff.poll());
  }

  @Test
  void shouldAcceptASkippedSequenceAfterTheGrace() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_06);
    int buffer = rig.publishNext(0, AICPU_TASK, 0, 4);
    assertEquals(0, rig.drain.doWork());
    rig.clock.advance(TORN_GRACE_NANOS);
    assertEquals(1, rig.drain.doWork());
    assertEquals(buffer, rig.handoff.poll());
  }

  @Test
  void shouldClearPointersOnlyInTheFirstGeneration() {
    for (Generation generation : Generation.values()) {
      LaneRig rig = LaneRig.of(generation);
      rig.publishNext(0, AICPU_TASK, 0, 0);
      rig.drain.doWork();
      long pointer =
          rig.arena
              .bytes()
              .getLong(rig.plan.layout().entryOffset(0, 0) + ReadyEntryLayout.BUFFER_PTR_OFFSET);
      assertEquals(rig.plan.layout().facts().mayTearEntries(), pointer == 0, generation.id());
    }
  }

  @Test
  void shouldMeasureThePauseBetweenPolls() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    rig.clock.advance(3_000_000);
    rig.drain.doWork();
    var pauses = dev.sluice.counters.LatencyRecorder.newHistogram();
    rig.drain.pauses().addTo(pauses);
    assertTrue(pauses.getMaxValue() >= 3_000_000, "the pause");
  }

  @Test
  void shouldKeepTheHighestFillOfAQueue() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    for (int i = 0; i < 3; i++) {
      rig.publishNext(1, BufferKind.AICORE_TASK, 0, i);
    }
    rig.drain.doWork();
    rig.drain.doWork();
    assertEquals(1, rig.drain.queue(1));
    assertEquals(3, rig.drain.fill().get(1, 0));
    assertEquals(0, rig.drain.fill().get(0, 0));
  }
}
