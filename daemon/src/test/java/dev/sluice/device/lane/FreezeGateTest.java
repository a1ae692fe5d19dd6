package dev.sluice.device.lane;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Layout;
import dev.sluice.testkit.TestArena;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class FreezeGateTest {
  private final TestArena arena = TestArena.small(Generation.CHIP_2026_08, 2, 2, 2);
  private final Layout layout = arena.plan().layout();
  private final ByteBuffer bytes = arena.bytes();

  private void assertFlags(int rqFreeze, int rqContended, int fqFreeze, int fqContended) {
    assertEquals(rqFreeze, bytes.getInt(layout.rqFreezeActiveOffset()), "rq freeze");
    assertEquals(rqContended, bytes.getInt(layout.rqContendedOffset()), "rq contended");
    assertEquals(fqFreeze, bytes.getInt(layout.fqFreezeActiveOffset()), "fq freeze");
    assertEquals(fqContended, bytes.getInt(layout.fqContendedOffset()), "fq contended");
  }

  @Test
  void shouldNeverOpenAFreezeUnlessAsked() {
    FreezeGate gate = FreezeGate.never(arena.memory(), layout);
    bytes.putInt(layout.rqContendedOffset(), 1);
    bytes.putInt(layout.fqContendedOffset(), 1);
    gate.step(0, 0);
    assertFlags(0, 1, 0, 1);
  }

  @Test
  void shouldDoNothingInGenerationsWithoutFreeze() {
    TestArena old = TestArena.small(Generation.L2_2026_07, 2, 2, 2);
    FreezeGate gate = FreezeGate.cycling(old.memory(), old.plan().layout());
    gate.step(0, 0);
    gate.release();
    for (int at = 0; at < old.plan().buffersOffset(); at += 4) {
      assertEquals(0, old.bytes().getInt(at));
    }
  }

  @Test
  void shouldOpenForTheSideThatIsContended() {
    FreezeGate gate = FreezeGate.cycling(arena.memory(), layout);
    bytes.putInt(layout.fqContendedOffset(), 1);
    gate.step(1, 0);
    assertFlags(0, 0, 1, 0);
    bytes.putInt(layout.rqContendedOffset(), 1);
    gate.step(1, 0);
    assertFlags(1, 0, 1, 0);
    assertEquals(1, gate.counters().get(FreezeGate.PUSH_FREEZES));
    assertEquals(1, gate.counters().get(FreezeGate.POP_FREEZES));
  }

  @Test
  void shouldReleaseOnceAllIsDrainedAndNothingCanBePushed() {
    FreezeGate gate = FreezeGate.cycling(arena.memory(), layout);
    bytes.putInt(layout.queueTailOffset(1), 3);
    bytes.putInt(layout.fqContendedOffset(), 1);
    gate.step(0, 0);
    assertFlags(0, 0, 1, 0);
    gate.step(0, 0);
    assertFlags(0, 0, 1, 0);
    bytes.putInt(layout.queueHeadOffset(1), 3);
    gate.step(2, 0);
    assertFlags(0, 0, 1, 0);
    gate.step(0, 0);
    assertFlags(0, 0, 0, 0);
    assertEquals(1, gate.counters().get(FreezeGate.POP_FREEZES));
  }

  /** A bogus tail or a slow disk must not keep the lanes parked. */
  @Test
  void shouldReleaseAFreezeThatLastsTooLong() {
    FreezeGate gate = FreezeGate.cycling(arena.memory(), layout);
    bytes.putInt(layout.queueTailOffset(1), 3);
    bytes.putInt(layout.fqContendedOffset(), 1);
    gate.step(0, 0);
    gate.step(0, 2_000_000_000L);
    assertFlags(0, 0, 1, 0);
    gate.step(0, 2_000_000_001L);
    assertFlags(0, 0, 0, 0);
    assertEquals(1, gate.counters().get(FreezeGate.EXPIRED));
    bytes.putInt(layout.fqContendedOffset(), 1);
    gate.step(0, 3_000_000_000L);
    assertFlags(0, 0, 0, 1);
    bytes.putInt(layout.queueHeadOffset(1), 3);
    gate.step(0, 4_000_000_000L);
    bytes.putInt(layout.queueTailOffset(1), 4);
    gate.step(0, 5_000_000_000L);
    assertFlags(0, 0, 1, 0);
  }

  @Test
  void shouldReleaseWhenTheSessionEnds() {
    FreezeGate gate = FreezeGate.cycling(arena.memory(), layout);
    bytes.putInt(layout.queueTailOffset(0), 1);
    bytes.putInt(layout.rqContendedOffset(), 1);
    bytes.putInt(layout.fqContendedOffset(), 1);
    gate.step(0, 0);
    gate.release();
    gate.release();
    assertFlags(0, 0, 0, 0);
  }

  /** The whole cycle, with a device that starves until buffers return. */
  @Test
  void shouldLetAStarvedDeviceGoOn() {
    LaneRig rig = new LaneRig(TestArena.small(Generation.CHIP_2026_08, 2, 1, 2), 64, 16, true);
    rig.device.launch();
    for (int i = 0; i < 200; i++) {
      rig.device.task(0);
      rig.device.task(1);
    }
    for (int round = 0; round < 20_000 && !rig.device.isIdle(); round++) {
      rig.device.runUntilBlocked();
      rig.drain.doWork();
      if (round % 3 == 0) {
        long buffer = rig.handoff.poll();
        if (buffer >= 0) {
          rig.arena
              .bytes()
              .putInt(
                  rig.plan.offsetOfBuffer((int) buffer)
                      + rig.plan.layout().buffer(kindOf(rig, buffer)).countOffset(),
                  0);
          rig.giveBack((int) buffer);
        }
      }
      rig.clock.advance(100_000);
      rig.refill.doWork();
    }
    assertEquals(true, rig.device.isIdle(), "the device hangs");
    assertEquals(true, rig.refill.gate().counters().get(FreezeGate.POP_FREEZES) > 0);
  }

  private static BufferKind kindOf(LaneRig rig, long buffer) {
    return rig.plan.kindOfBuffer((int) buffer);
  }
}
