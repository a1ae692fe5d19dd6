package dev.sluice.tool.diagnose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.tool.ToolException;
import dev.sluice.tool.diagnose.EdgeSearch.Edge;
import dev.sluice.tool.diagnose.EdgeSearch.Point;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EdgeSearchTest {
  private static final double RESOLUTION = 1.06;

  private static Point point(double value, boolean isClean) {
    return new Point(value, value, isClean ? 0 : 0.1, 0, isClean, false);
  }

  private static EdgeSearch search(double edge, int tries) {
    return new EdgeSearch(RESOLUTION, tries, 0, value -> point(value, value <= edge));
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
        new EdgeSearch(RESOLUTION, 3, 0, value -> point(value, value <= 400 && ++runs[0] % 3 != 0));
    Edge found = disturbed.search(100, 1000);
    assertTrue(found.value() > 400 / RESOLUTION, found.toString());
  }

  @Test
  void shouldNotTakeADisturbedDeviceForOneThatWasServed() throws ToolException {
    int[] runs = {0};
    EdgeSearch.Trial trial =
        value -> {
          boolean isDisturbed = ++runs[0] % 2 == 0;
          return new Point(value, value, 0, 0, value <= 400 || isDisturbed, isDisturbed);
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
    assertEquals(2, search.points().size());
  }
}
