package dev.sluice.tool.diagnose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.headroom.Ceiling;
import dev.sluice.tool.Quantiles;
import org.junit.jupiter.api.Test;

class AdviceTest {
  private static final double MB = 1e6;
  private static final Quantiles PAUSING = new Quantiles(100, 1e-6, 30e-6, 1e-3, 20e-3);
  private static final Quantiles EVEN = new Quantiles(100, 5e-3, 15e-3, 18e-3, 20e-3);

  private static CeilingModel model(double latency, double giveBack) {
    return new CeilingModel(CeilingModelTest.SHAPE, latency, giveBack);
  }

  private static Advice advice(CeilingModel model, double target) {
    return Advice.of(model, PAUSING, Double.NaN, target);
  }

  @Test
  void shouldNameTheLowestCeilingAndTheNext() {
    Advice advice = advice(model(0.020, 900 * MB), 0);
    assertEquals(Ceiling.CONTROL_PATH, advice.binding().ceiling());
    assertEquals(Ceiling.BANDWIDTH, advice.next().ceiling());
    assertTrue(
        advice.sentence().startsWith("The limit is the control path: up to 307MB/s without loss."),
        advice::sentence);
    assertTrue(advice.sentence().contains("2.9 times"), advice::sentence);
  }

  @Test
  void shouldBlamePausesWhereTheWorstRefillIsFarFromTheUsualOne() {
    Advice.Change first = advice(model(0.020, 900 * MB), 0).changes().get(0);
    assertTrue(first.what().startsWith("Remove the pauses"), first.what());
    // Without pauses the control path allows 6 GB/s, but the bandwidth only 900 MB/s.
    assertEquals(900 * MB, first.bytesPerSecond(), 1);
    Advice even = Advice.of(model(0.020, 900 * MB), EVEN, Double.NaN, 0);
    assertTrue(even.changes().get(0).what().startsWith("Refill sooner"));
  }

  @Test
  void shouldPromiseNoMoreOfTwiceTheSlotsThanTheNextCeilingAllows() {
    assertEquals(2 * 307.2 * MB, slots(900 * MB).bytesPerSecond(), 1);
    assertEquals(400 * MB, slots(400 * MB).bytesPerSecond(), 1);
  }

  private static Advice.Change slots(double giveBack) {
    return advice(model(0.020, giveBack), 0).changes().stream()
        .filter(change -> change.what().contains("slots"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldSayThatSizeCannotHelpWhereTheRateItselfIsTooHigh() {
    Advice advice = advice(model(0.001, 250 * MB), 1000 * MB);
    assertTrue(advice.sentence().startsWith("1GB/s is too fast for this host."), advice::sentence);
    // 10.752 MB at 750 MB/s.
    assertTrue(advice.sentence().contains("14.3ms"), advice::sentence);
  }

  @Test
  void shouldSaySoOfTheNextCeilingToo() {
    Advice advice = advice(model(0.020, 400 * MB), 1000 * MB);
    assertEquals(Ceiling.CONTROL_PATH, advice.binding().ceiling());
    assertTrue(advice.sentence().contains("above both limits"), advice::sentence);
  }

  @Test
  void shouldGiveTheMarginOfARateThatIsFine() {
    Advice advice = advice(model(0.020, 900 * MB), 200 * MB);
    assertTrue(
        advice.sentence().startsWith("200MB/s runs without loss, with 54 % to spare."),
        advice::sentence);
  }

  @Test
  void shouldCountTheDiskWhereItIsKnown() {
    Advice advice = Advice.of(model(0.001, 900 * MB), PAUSING, 120 * MB, 0);
    assertEquals(Ceiling.STORAGE, advice.binding().ceiling());
    assertTrue(
        advice.sentence().startsWith("With captures, the limit is storage: up to 120MB/s"),
        advice::sentence);
    assertTrue(advice.changes().get(0).what().contains("disk"));
  }
}
