package dev.sluice.tool.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.EdgeSearch.Edge;
import dev.sluice.tool.measure.EdgeSearch.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EdgeSearchTest {
  private static final double RESOLUTION = 1.06;

  private int asked;

  private static Outcome outcome(boolean isClean) {
    return isClean ? Outcome.CLEAN : Outcome.LOSSY;
  }

  private EdgeSearch search(double edge, int tries) {
    return new EdgeSearch(
        RESOLUTION,
        tries,
        0,
        value -> {
          asked++;
          return outcome(value <= edge);
        });
  }

  @ParameterizedTest
  @ValueSource(doubles = {3, 40, 99, 101, 350, 799})
  void shouldFindTheEdgeWhereverItStarts(double edge) throws ToolException {
    for (double start : new double[] {1, 100, 1000}) {
      Edge found = search(edge, 1).search(start, 1000);
      assertTrue(found.value() <= edge, found + " from " + start);
      assertTrue(found.dirty() > edge, found + " from " + start);
      assertTrue(found.dirty() / found.value() <= RESOLUTION, found + " from " + start);
    }
  }

  @Test
  void shouldSayWhenTheDeviceCannotReachTheEdge() throws ToolException {
    Edge found = search(5000, 1).search(100, 1000);
    assertTrue(found.isAtLeast());
    assertEquals(1000, found.value(), 0);
  }

  @Test
  void shouldSayWhenNothingIsClean() throws ToolException {
    Edge found = search(0, 1).search(100, 1000);
    assertEquals(0, found.value(), 0);
  }

  @Test
  void shouldNotBeEndedByOneDisturbedRun() throws ToolException {
    int[] runs = {0};
    EdgeSearch disturbed =
        new EdgeSearch(RESOLUTION, 3, 0, value -> outcome(value <= 400 && ++runs[0] % 3 != 0));
    Edge found = disturbed.search(100, 1000);
    assertTrue(found.value() > 400 / RESOLUTION, found.toString());
  }

  @Test
  void shouldNotBeLedOnByOneLuckyRun() throws ToolException {
    int[] runs = {0};
    EdgeSearch lucky =
        new EdgeSearch(RESOLUTION, 3, 0, value -> outcome(value <= 400 || ++runs[0] % 3 == 0));
    Edge found = lucky.search(100, 1000);
    assertTrue(found.value() <= 400, found.toString());
  }

  @Test
  void shouldNotTakeADisturbedDeviceForOneThatWasServed() throws ToolException {
    int[] runs = {0};
    EdgeSearch.Trial trial =
        value -> {
          boolean isDisturbed = ++runs[0] % 2 == 0;
          return isDisturbed ? Outcome.DISTURBED : outcome(value <= 400);
        };
    Edge found = new EdgeSearch(RESOLUTION, 1, 1, trial).search(100, 1000);
    assertTrue(found.value() <= 400 && found.value() > 400 / RESOLUTION, found.toString());
    runs[0] = 0;
    Edge credulous = new EdgeSearch(RESOLUTION, 1, 0, trial).search(100, 1000);
    assertTrue(credulous.value() > 400, credulous.toString());
  }

  @Test
  void shouldStopAskingWhenTheMajorityIsClear() throws ToolException {
    EdgeSearch search = search(5000, 3);
    search.search(1000, 1000);
    assertEquals(2, asked);
  }
}
