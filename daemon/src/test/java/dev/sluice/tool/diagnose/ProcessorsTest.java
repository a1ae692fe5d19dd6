package dev.sluice.tool.diagnose;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorsTest {
  @Test
  void shouldGiveTheDeviceOneAndTheLanesTheOthers() {
    Processors some = Processors.parse("2-4,8");
    assertEquals(List.of(2, 3, 4, 8), some.allowed());
    assertTrue(some.canBeShared());
    assertEquals("2", some.device());
    assertEquals("[3,4,8]", some.lanes());
  }

  @Test
  void shouldNotShareASingleOne() {
    assertFalse(Processors.parse("5").canBeShared());
    assertFalse(new Processors(List.of()).canBeShared());
  }

  @Test
  void shouldFindThoseOfThisProcess() {
    assertFalse(Processors.ofThisProcess().allowed().isEmpty());
  }
}
