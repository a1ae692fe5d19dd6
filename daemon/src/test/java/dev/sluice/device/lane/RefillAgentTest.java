package dev.sluice.device.lane;

import static dev.sluice.abi.BufferKind.AICORE_TASK;
import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.counters.LatencyRecorder;
import dev.sluice.device.BufferState;
import dev.sluice.device.LiveWords;
import dev.sluice.testkit.TestArena;
import java.util.HashSet;
import java.util.Set;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RefillAgentTest {
  private static final int SLOTS = 4;

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldFillEveryQueueBeforeTheLaunch(Generation generation) {
    LaneRig rig = LaneRig.of(generation);
    Set<Long> seen = new HashSet<>();
    for (BufferKind kind : BufferKind.TIMED) {
      for (int instance = 0; instance < rig.plan.instances(kind); instance++) {
        assertEquals(SLOTS, rig.depth(kind, instance), kind.label());
        for (int i = 0; i < SLOTS; i++) {
          long pointer = rig.pop(kind, instance);
          assertTrue(rig.table.find(kind, pointer) >= 0);
          assertTrue(seen.add(pointer), "one slot per buffer");
        }
      }
    }
  }

  @Test
  void shouldStopAtTheQuota() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    int quota = rig.plan.quota(AICPU_TASK);
    for (int popped = 0; popped < quota; popped++) {
      assertTrue(rig.depth(AICPU_TASK, 0) > 0, "while below the quota there is a next one");
      rig.pop(AICPU_TASK, 0);
      rig.clock.advance(LaneRig.SWEEP_NANOS);
      rig.refill.doWork();
      assertEquals(Math.min(SLOTS, quota - popped - 1), rig.depth(AICPU_TASK, 0));
    }
    assertEquals(SLOTS, rig.depth(AICPU_TASK, 1), "others are not touched");
  }

  @Test
  void shouldDoNoWorkWhenNothingIsMissing() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    rig.clock.advance(LaneRig.SWEEP_NANOS);
    assertEquals(0, rig.refill.doWork());
    assertEquals(0, rig.refill.doWork());
  }

  private static long longestEmpty(LaneRig rig) {
    return rig.refill.counters().get(RefillAgent.LONGEST_EMPTY_NANOS);
  }

  /** Includes a stall of refill itself: a pool may have been empty since the last check. */
  @Test
  void shouldKeepTheLongestTimeWithoutAFreeBuffer() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    rig.clock.advance(LaneRig.SWEEP_NANOS);
    rig.refill.doWork();
    assertEquals(0, longestEmpty(rig));
    for (int i = 0; i < SLOTS; i++) {
      rig.pop(AICPU_TASK, 0);
    }
    rig.clock.advance(600_000_000);
    rig.refill.doWork();
    assertEquals(600_000_000, longestEmpty(rig));
    assertTrue(rig.depth(AICPU_TASK, 0) > 0);
    while (rig.depth(AICPU_TASK, 0) > 0) {
      rig.pop(AICPU_TASK, 0);
    }
    rig.clock.advance(400_000_000);
    rig.refill.doWork();
    assertEquals(600_000_000, longestEmpty(rig), "shorter");
    rig.clock.advance(300_000_000);
    rig.refill.doWork();
    assertEquals(700_000_000, longestEmpty(rig), "nothing was there to fill it with");
  }

  @Test
  void shouldServeAHintAtOnce() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_07);
    rig.clock.advance(1);
    rig.refill.doWork();
    rig.publishNext(0, AICPU_TASK, 1, 0);
    rig.drain.doWork();
    assertEquals(SLOTS - 1, rig.depth(AICPU_TASK, 1));
    assertTrue(rig.refill.doWork() > 0);
    assertEquals(SLOTS, rig.depth(AICPU_TASK, 1));
  }

  @ParameterizedTest
  @EnumSource(Generation.class)
  void shouldWakeAStarvedPoolThatCannotPublish(Generation generation) {
    LaneRig rig = LaneRig.of(generation);
    // The device takes all buffers, which return without a hint.
    int[] buffers = new int[rig.plan.quota(AICORE_TASK)];
    for (int i = 0; i < buffers.length; i++) {
      if (rig.depth(AICORE_TASK, 0) == 0) {
        rig.clock.advance(LaneRig.SWEEP_NANOS);
        rig.refill.doWork();
      }
      buffers[i] = rig.publishNext(0, AICORE_TASK, 0, i);
    }
    rig.drain.doWork();
    while (rig.hints.poll() != Long.MIN_VALUE) {
      // Loses the hints.
    }
    assertEquals(0, rig.depth(AICORE_TASK, 0));
    rig.giveBack(buffers[0]);
    rig.clock.advance(LaneRig.SWEEP_NANOS);
    rig.refill.doWork();
    assertEquals(1, rig.depth(AICORE_TASK, 0));
  }

  @Test
  void shouldSweepWithinItsIntervalUnderLoad() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    rig.clock.advance(LaneRig.SWEEP_NANOS);
    rig.refill.doWork();
    rig.pop(AICPU_TASK, 2);
    long sweeps = rig.refill.counters().get(RefillAgent.SWEEPS);
    for (int i = 0; i < 10; i++) {
      // Work from another pool in every cycle keeps refill from idling.
      int buffer = rig.publishNext(0, AICORE_TASK, 0, i);
      rig.drain.doWork();
      rig.handoff.poll();
      rig.giveBack(buffer);
      rig.clock.advance(LaneRig.SWEEP_NANOS / 10);
      rig.refill.doWork();
    }
    assertNotEquals(sweeps, rig.refill.counters().get(RefillAgent.SWEEPS));
    assertEquals(SLOTS, rig.depth(AICPU_TASK, 2));
  }

  @Test
  void shouldLendABufferOnlyToTheDeviceAndTheLedgerAtOnce() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    int buffer = rig.publishNext(0, AICPU_TASK, 0, 0);
    rig.drain.doWork();
    rig.giveBack(buffer);
    assertEquals(BufferState.FREE, rig.ledger.state(buffer));
    for (int i = 0; i < 8; i++) {
      rig.clock.advance(LaneRig.SWEEP_NANOS);
      rig.refill.doWork();
      rig.pop(AICPU_TASK, 0);
    }
    rig.clock.advance(LaneRig.SWEEP_NANOS);
    rig.refill.doWork();
    assertEquals(BufferState.DEVICE, rig.ledger.state(buffer), "lent again, and popped again");
  }

  @Test
  void shouldCountAWildHeadOnceAndLeaveThePoolAlone() {
    for (int wild : new int[] {SLOTS + 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
      rig.device.pool(AICPU_TASK, 0).setFreeHead(wild);
      for (int i = 0; i < 3; i++) {
        rig.clock.advance(LaneRig.SWEEP_NANOS);
        rig.refill.doWork();
      }
      assertEquals(1, rig.refill.violations().count(AbiViolation.BAD_INDEX.ordinal()));
      assertEquals(SLOTS, rig.device.pool(AICPU_TASK, 0).freeTail(), "nothing pushed");
      rig.device.pool(AICPU_TASK, 0).setFreeHead(1);
      rig.clock.advance(LaneRig.SWEEP_NANOS);
      rig.refill.doWork();
      assertEquals(SLOTS, rig.depth(AICPU_TASK, 0), "goes on when the head makes sense again");
      assertEquals(1, rig.refill.violations().count(AbiViolation.BAD_INDEX.ordinal()));
    }
  }

  @Test
  void shouldMeasureFromPublicationToReplacement() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_06);
    rig.drain.doWork();
    rig.publishNext(0, AICPU_TASK, 0, 0);
    rig.clock.advance(3_000);
    rig.drain.doWork();
    rig.clock.advance(2_000);
    rig.refill.doWork();
    Histogram latency = LatencyRecorder.newHistogram();
    rig.refill.latency(AICPU_TASK).addTo(latency);
    assertEquals(1, latency.getTotalCount());
    assertTrue(latency.getMaxValue() >= 5_000 && latency.getMaxValue() < 5_100);
  }

  @Test
  void shouldTellALateHostFromAnExhaustedPool() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_06);
    int pool = rig.plan.pool(AICPU_TASK, 0);
    for (int i = 0; i < SLOTS; i++) {
      rig.pop(AICPU_TASK, 0);
    }
    Shortages shortages = rig.refill.shortages();
    long late = shortages.episodes(pool, Shortage.SPARE_AT_HAND);
    rig.clock.advance(LaneRig.SWEEP_NANOS);
    rig.refill.doWork();
    assertEquals(
        late + 1, shortages.episodes(pool, Shortage.SPARE_AT_HAND), "a spare one was at hand");
    assertEquals(0, shortages.episodes(pool, Shortage.NOT_RETURNED));
    while (rig.depth(AICPU_TASK, 0) > 0) {
      rig.pop(AICPU_TASK, 0);
    }
    for (int i = 0; i < 3; i++) {
      rig.clock.advance(LaneRig.SWEEP_NANOS);
      rig.refill.doWork();
    }
    assertEquals(1, shortages.episodes(pool, Shortage.NOT_DRAINED), "once per starvation");
    assertEquals(late + 1, shortages.episodes(pool, Shortage.SPARE_AT_HAND));
  }

  @Test
  void shouldNotCallTheFirstFillAStarvation() {
    LaneRig rig = LaneRig.of(Generation.L2_2026_06);
    for (int pool = 0; pool < rig.plan.poolCount(); pool++) {
      for (Shortage found : Shortage.ALL) {
        assertEquals(0, rig.refill.shortages().episodes(pool, found));
      }
    }
    assertEquals(-1, rig.refill.depth().get(AICPU_TASK.ordinal(), -1), "no depth seen yet");
  }

  @Test
  void shouldCountHowLongABlockedDeviceWaited() {
    LaneRig rig = LaneRig.of(Generation.CHIP_2026_08);
    rig.device.launch();
    int quota = rig.plan.quota(AICPU_TASK);
    int records = rig.plan.layout().buffer(AICPU_TASK).records();
    for (int i = 0; i < quota * records; i++) {
      rig.device.task(0);
      rig.device.runUntilBlocked();
      rig.refill.doWork();
      rig.clock.advance(60_000);
    }
    assertEquals(0, rig.device.pool(AICPU_TASK, 0).pointer(), "waits for a buffer");
    assertEquals(0, rig.refill.stalls().sum());
    rig.refill.doWork();
    rig.clock.advance(7_000_000);
    rig.drain.doWork();
    rig.giveBack(takeFirstOf(rig, AICPU_TASK));
    rig.refill.doWork();
    int pool = rig.plan.pool(AICPU_TASK, 0);
    assertEquals(1, rig.refill.stalls().get(pool));
    assertEquals(1, rig.refill.stalls().sum());
    long waited = rig.refill.stallNanos().get(pool);
    assertTrue(waited >= 7_000_000 && waited < 7_200_000, () -> waited + " ns");
  }

  private static int takeFirstOf(LaneRig rig, BufferKind kind) {
    while (true) {
      long buffer = rig.handoff.poll();
      if (rig.plan.kindOfBuffer((int) buffer) == kind) {
        return (int) buffer;
      }
    }
  }

  @Test
  void shouldKeepIndicesRunningOverTheirWrap() {
    TestArena arena = TestArena.small(Generation.CHIP_2026_08, 3, 2, 4);
    LaneRig rig = new LaneRig(arena, 64, 16, false);
    // 2^32 pops take too long; the lane starts from the words instead.
    int pool = rig.plan.geometry().poolOffset(AICPU_TASK, 0);
    arena.bytes().putInt(pool + rig.plan.layout().pool().tailOffset(), -2);
    arena.bytes().putInt(pool + rig.plan.layout().pool().headOffset(), -2);
    FreeLane lane =
        new FreeLane(
            arena.memory(),
            rig.plan.layout().pool(),
            0,
            AICPU_TASK,
            pool,
            rig.plan.quota(AICPU_TASK));
    for (int i = 0; i < SLOTS; i++) {
      lane.push(i, rig.table.deviceAddress(i));
    }
    lane.publishTailRelease();
    assertEquals(2, rig.device.pool(AICPU_TASK, 0).freeTail());
    assertEquals(SLOTS, lane.depth());
    for (int i = 0; i < SLOTS; i++) {
      assertEquals(rig.table.deviceAddress(i), rig.pop(AICPU_TASK, 0));
      assertTrue(lane.isHead(lane.headAcquireUntrusted(new LiveWords(rig.arena.memory()))));
      assertEquals(i, lane.notePopped());
    }
    assertEquals(0, lane.depth());
  }
}
