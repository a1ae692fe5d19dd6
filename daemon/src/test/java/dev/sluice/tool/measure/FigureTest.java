package dev.sluice.tool.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Seeds;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FigureTest {
  private static Figure figure(double resolution, double... runs) {
    return Figure.told("figure", Unit.SECONDS, runs).withResolution(resolution);
  }

  private static Figure figure(List<Double> runs) {
    return Figure.term("figure", Unit.SECONDS, "", runs);
  }

  @Test
  void shouldTakeAMeasuredValueAsTheMedian() {
    assertEquals(2, Figure.median(3, 1, 2));
    assertEquals(2, Figure.median(4, 1, 3, 2));
    assertEquals(7, Figure.median(7));
  }

  @Test
  void shouldTellRangesApartThatDoNotTouch() {
    Figure low = figure(0, 1.0, 2.0, 3.0);
    assertTrue(low.isApartFrom(figure(0, 3.5, 4.0, 9.0)));
    assertTrue(figure(0, 3.5, 4.0, 9.0).isApartFrom(low));
    assertFalse(low.isApartFrom(figure(0, 3.0, 4.0, 5.0)));
    assertFalse(low.isApartFrom(low));
  }

  @Test
  void shouldNotSeeLessThanTheStepOfASearch() {
    Figure rung = figure(0.09, 100.0, 100.0, 100.0);
    Figure next = figure(0.09, 109.0, 109.0, 109.0);
    Figure third = figure(0.09, 119.5, 119.5, 119.5);
    assertFalse(rung.isApartFrom(next));
    assertTrue(rung.isApartFrom(third));
    assertFalse(rung.isApartFrom(figure(0.09, 118, 118, 118)), "both sides have the step");
  }

  @Test
  void shouldKnowNoNoiseOfTwoRuns() {
    assertFalse(figure(0, 1.0, 1.0).isNoiseKnown());
    assertTrue(figure(0, 1.0, 1.0, 1.0).isNoiseKnown());
  }

  @Test
  void shouldTakeTheValueWhereThereAreNoRuns() {
    Figure nothing = figure(0.09);
    assertEquals(0, nothing.low());
    assertEquals(0, nothing.high());
  }

  /** The false-alarm rate in the Javadoc, 2 / C(10, 5), on identical noise. */
  @Test
  void shouldRarelyTellEqualFiguresApart() {
    int[] alarms = {0};
    int comparisons = 20_000;
    Seeds.forEach(
        1,
        random -> {
          for (int i = 0; i < comparisons; i++) {
            List<List<Double>> sides =
                IntStream.range(0, 2)
                    .mapToObj(
                        side ->
                            IntStream.range(0, 5)
                                .mapToObj(run -> Math.exp(random.nextGaussian()))
                                .toList())
                    .toList();
            Figure a = figure(sides.get(0));
            alarms[0] += a.isApartFrom(figure(sides.get(1))) ? 1 : 0;
          }
        });
    assertEquals(1 / 126.0, alarms[0] / (double) comparisons, 0.003);
  }
}
