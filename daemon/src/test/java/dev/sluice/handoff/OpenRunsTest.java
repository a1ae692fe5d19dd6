package dev.sluice.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class OpenRunsTest {
  private final OpenRuns runs = new OpenRuns();

  @Test
  void shouldGiveARunWithoutAnEpochThatOfItsFirstBuffer() {
    assertEquals(0, runs.open(0));
    assertEquals(0, runs.placeOf(0), "a buffer without a name");
    assertEquals(0, runs.epoch(0));
    assertEquals(0, runs.placeOf(7));
    assertEquals(7, runs.epoch(0));
    assertEquals(OpenRuns.OTHER, runs.placeOf(8));
    assertEquals(0, runs.placeOf(0));
  }

  @Test
  void shouldTellOverlappingRunsApart() {
    int[] places = {runs.open(5), runs.open(6), runs.open(7)};
    assertEquals(OpenRuns.OTHER, runs.open(8), "three are open");
    for (int i = 0; i < places.length; i++) {
      assertEquals(places[i], runs.placeOf(5 + i));
    }
    assertEquals(OpenRuns.OTHER, runs.placeOf(0), "it could be of any");
    runs.close(places[1]);
    assertEquals(OpenRuns.OTHER, runs.placeOf(6));
    assertEquals(OpenRuns.OTHER, runs.open(7), "it is open");
    assertEquals(places[1], runs.open(8));
  }

  @Test
  void shouldHaveNoSecondRunWithoutAnEpoch() {
    runs.open(0);
    assertEquals(OpenRuns.OTHER, runs.open(5), "whose buffers are the first ones?");
    runs.placeOf(4);
    assertEquals(1, runs.open(5));
    assertEquals(OpenRuns.OTHER, runs.open(0));
  }
}
