package dev.sluice.tool.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.testkit.Seeds;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SpreadTest {
  @Test
  void shouldTellRangesApartThatDoNotTouch() {
    Spread low = new Spread(2, List.of(1.0, 2.0, 3.0), 0);
    assertTrue(low.isApartFrom(new Spread(4, List.of(3.5, 4.0, 9.0), 0)));
    assertTrue(new Spread(4, List.of(3.5, 4.0, 9.0), 0).isApartFrom(low));
    assertFalse(low.isApartFrom(new Spread(4, List.of(3.0, 4.0, 5.0), 0)));
    assertFalse(low.isApartFrom(low));
  }

  @Test
  void shouldNotSeeLessThanTheStepOfASearch() {
    Spread rung = new Spread(100, List.of(100.0, 100.0, 100.0), 0.09);
    Spread next = new Spread(109, List.of(109.0, 109.0, 109.0), 0.09);
    Spread third = new Spread(119, List.of(119.5, 119.5, 119.5), 0.09);
    assertFalse(rung.isApartFrom(next));
    assertTrue(rung.isApartFrom(third));
  }

  @Test
  void shouldKnowNoNoiseOfTwoRuns() {
    assertFalse(new Spread(1, List.of(1.0, 1.0), 0).isKnown());
    assertTrue(new Spread(1, List.of(1.0, 1.0, 1.0), 0).isKnown());
  }

  @Test
  void shouldTakeTheValueWhereThereAreNoRuns() {
    Spread nothing = new Spread(0, List.of(), 0.09);
    assertEquals(0, nothing.low());
    assertEquals(0, nothing.high());
  }

  /** The rate of false alarms that the Javadoc promises, 2 / C(10, 5), on noise of one kind. */
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
            Spread a = new Spread(1, sides.get(0), 0);
            alarms[0] += a.isApartFrom(new Spread(1, sides.get(1), 0)) ? 1 : 0;
          }
        });
    assertEquals(1 / 126.0, alarms[0] / (double) comparisons, 0.003);
  }
}
