package dev.sluice.tool.diagnose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.headroom.Ceiling;
import java.util.List;
import org.junit.jupiter.api.Test;

class CeilingModelTest {
  private static final double MB = 1e6;

  /** 24 cores with both task kinds, 4 slots, 8 buffers: the defaults of a2a3. */
  static final Shape SHAPE = shape(4, 8);

  static Shape shape(int slots, int buffers) {
    return new Shape(
        16_000_000,
        List.of(
            new Shape.PoolKind("aicpu_task", 24, 32_000, slots, buffers, 0.5),
            new Shape.PoolKind("aicore_task", 24, 32_768, slots, buffers, 0.5)));
  }

  private static CeilingModel model(double latency, double giveBack) {
    return new CeilingModel(SHAPE, latency, giveBack);
  }

  private static void assertClose(double expected, double actual) {
    assertEquals(expected, actual, Math.abs(expected) * 1e-9);
  }

  @Test
  void shouldDivideWhatTheSlotsOfTheSmallestKindHoldByTheWorstLatency() {
    // 4 slots * 32,000 bytes * 24 pools are 3.072 MB, which carry half of the bytes.
    Limit control = model(0.020, 9e9).controlPath();
    assertClose(6.144 * MB / 0.020, control.value());
    assertTrue(control.arithmetic().contains("20ms"), control.arithmetic());
    assertTrue(control.arithmetic().endsWith("(aicpu_task)"), control.arithmetic());
  }

  @Test
  void shouldCountOnOneBufferLessPerPoolThanThereAre() {
    // 7 of 8 buffers of the smaller kind, which carries half of the bytes.
    assertClose(7 * 32_000 * 24 / 0.5, model(0.001, 9e9).burstBytes());
  }

  @Test
  void shouldBindAtTheControlPathWhileThatIsLower() {
    Limit rate = model(0.020, 9e9).rate(1);
    assertEquals(Ceiling.CONTROL_PATH, rate.ceiling());
    assertClose(307.2 * MB, rate.value());
  }

  @Test
  void shouldAllowAFiniteRunWhatTheBuffersTakeInBeyondTheGiveBackRate() {
    CeilingModel model = model(0.001, 250 * MB);
    Limit rate = model.rate(1);
    assertEquals(Ceiling.BANDWIDTH, rate.ceiling());
    assertClose(250 * MB + 10.752 * MB, rate.value());
    assertClose(250 * MB + 107.52 * MB, model.rate(0.1).value());
    assertClose(250 * MB, model.binding().value());
  }

  @Test
  void shouldDivideWhatABurstFindsRoomInByWhatComesBeyondTheGiveBackRate() {
    CeilingModel model = model(0.001, 60 * MB);
    Limit burst = model.burst(240 * MB);
    assertEquals(Ceiling.BUFFER_LIFECYCLE, burst.ceiling());
    assertClose(10.752 / 180, burst.value());
  }

  @Test
  void shouldSurviveAnyBurstThatIsGivenBackAsItComes() {
    assertTrue(Double.isInfinite(model(0.001, 500 * MB).burst(500 * MB).value()));
  }

  @Test
  void shouldSurviveNoBurstAboveTheControlPath() {
    CeilingModel model = model(0.020, 60 * MB);
    assertEquals(Ceiling.CONTROL_PATH, model.burst(400 * MB).ceiling());
    assertClose(0.020, model.burst(400 * MB).value());
  }

  @Test
  void shouldScaleWithOtherBuffers() {
    CeilingModel half = model(0.020, 9e9).withShape(shape(2, 8));
    assertClose(153.6 * MB, half.controlPath().value());
    assertClose(model(0.020, 9e9).burstBytes(), half.burstBytes());
    CeilingModel twice = model(0.020, 9e9).withShape(shape(4, 15));
    assertClose(2 * model(0.020, 9e9).burstBytes(), twice.burstBytes());
  }
}
