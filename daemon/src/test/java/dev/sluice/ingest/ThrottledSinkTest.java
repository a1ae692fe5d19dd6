package dev.sluice.ingest;

import static dev.sluice.abi.BufferKind.AICPU_TASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.abi.Generation;
import dev.sluice.testkit.ManualClock;
import org.junit.jupiter.api.Test;

class ThrottledSinkTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int RECORDS = 4;
  private static final int BUFFER_BYTES = RECORDS * 32;

  private final ManualClock clock = new ManualClock();
  private ThrottledSink throttle;
  // Two buffers a second.
  private final IngestRig rig =
      new IngestRig(
          Generation.CHIP_2026_08,
          64,
          sink -> throttle = new ThrottledSink(sink, 2 * BUFFER_BYTES, clock));

  private void hand(int sequence) {
    int buffer = rig.next(AICPU_TASK, 0);
    rig.setCount(buffer, RECORDS);
    rig.hand(buffer, 0, sequence);
  }

  @Test
  void shouldTakeNoFasterThanItsRateAndLoseNothing() {
    for (int sequence = 0; sequence < 4; sequence++) {
      hand(sequence);
    }
    clock.advance(1_000_000);
    rig.collector.doWork();
    assertEquals(RECORDS, rig.collected(AICPU_TASK, 0));
    assertTrue(rig.collector.isHolding(), "the next one waits");
    clock.advance(SECOND / 2);
    rig.collector.doWork();
    assertEquals(2 * RECORDS, rig.collected(AICPU_TASK, 0));
    clock.advance(SECOND / 2);
    rig.collector.doWork();
    assertEquals(3 * RECORDS, rig.collected(AICPU_TASK, 0));
  }

  @Test
  void shouldTakeTheRestAtOnceWhenTheDeviceHasStopped() {
    for (int sequence = 0; sequence < 4; sequence++) {
      hand(sequence);
    }
    throttle.lift();
    rig.collector.doWork();
    assertEquals(4 * RECORDS, rig.collected(AICPU_TASK, 0));
    assertFalse(rig.collector.isHolding());
  }

  @Test
  void shouldNotChargeForWhatTheSinkBehindDidNotTake() {
    rig.sink.hasRoom = false;
    hand(0);
    clock.advance(1_000_000);
    rig.collector.doWork();
    rig.sink.hasRoom = true;
    rig.collector.doWork();
    assertEquals(RECORDS, rig.collected(AICPU_TASK, 0));
  }
}
