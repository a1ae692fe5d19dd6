package dev.sluice.handoff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SequenceWindowTest {
  private final SequenceWindow window = new SequenceWindow(2);

  private int observe(int sequence) {
    int order = window.look(0, sequence);
    if (order >= 0 || order == SequenceWindow.LATE) {
      window.take(0, sequence);
    }
    return order;
  }

  @Test
  void shouldTellLateFromRepeated() {
    assertEquals(0, observe(0));
    assertEquals(2, observe(3));
    assertEquals(SequenceWindow.LATE, observe(1));
    assertEquals(SequenceWindow.REPEATED, observe(1));
    assertEquals(SequenceWindow.REPEATED, observe(0));
    assertEquals(SequenceWindow.LATE, observe(2));
    assertEquals(SequenceWindow.REPEATED, observe(2));
    assertEquals(0, observe(4));
    assertEquals(0, window.look(1, 0), "each pool has its own");
  }

  @Test
  void shouldTakeWhatIsTooOldForRepeated() {
    assertEquals(100, observe(100));
    assertEquals(SequenceWindow.LATE, window.look(0, 100 - 63));
    assertEquals(SequenceWindow.REPEATED, window.look(0, 100 - 64));
    assertEquals(SequenceWindow.REPEATED, window.look(0, -1));
  }

  @Test
  void shouldNotFollowAWildNumber() {
    assertEquals(SequenceWindow.WILD, window.look(0, 1 << 20));
    window.take(0, 1 << 20);
    assertEquals(0, observe(0));
  }

  @Test
  void shouldFollowSequencesOverTheirWrap() {
    // 2^32 buffers take too long, so jump in the largest permitted steps.
    for (long at = 0; at < 1L << 32; at += (1 << 20) - 1) {
      assertTrue(observe((int) at) >= 0);
    }
    int last = (int) ((((1L << 32) - 1) / ((1 << 20) - 1)) * ((1 << 20) - 1));
    assertEquals(0, observe(last + 1));
    assertEquals(SequenceWindow.REPEATED, observe(last));
    for (int step = 0; step < 2; step++) {
      last += 1 << 19;
      assertTrue(observe(last) > 0);
    }
  }
}
