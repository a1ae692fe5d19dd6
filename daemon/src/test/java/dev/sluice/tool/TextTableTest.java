package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TextTableTest {
  private final TextTable table =
      new TextTable().number("id", 0).text("name", 0).text("layout", 2).number("time", 1);

  @Test
  void shouldBeAsWideAsWhatStandsInIt() {
    table.row("7", "train", "l2", "10s");
    assertEquals("id  name   layout  time\n 7  train  l2       10s\n", table.print(0));
  }

  @Test
  void shouldLeaveOutWhatMattersLeastAndThenCutTheLongestText() {
    table.row("7", "a-rather-long-name", "l2-2026.06/a2a3", "10s");
    assertFalse(table.print(30).contains("layout"), table.print(30));
    assertTrue(table.print(30).contains("10s"), table.print(30));
    assertEquals("id  name\n 7  a-rather…\n", table.print(13));
    for (int width = 12; width < 60; width++) {
      int most = width;
      assertTrue(table.print(width).lines().allMatch(line -> line.length() <= most));
    }
  }

  @Test
  void shouldCutALongNameBeforeItLeavesOutAColumn() {
    table.row("7", "a-name-that-is-as-long-as-a-session-may-have-and-then-some-more", "l2", "10s");
    String printed = table.print(45);
    assertTrue(printed.contains("layout") && printed.contains("10s"), printed);
    assertTrue(printed.contains("a-name-that-is-as-"), printed);
  }

  @Test
  void shouldNotLetANameMoveTheCursor() {
    table.row("7", "x\u001b[2Jy\n", "", "");
    assertTrue(table.print(0).contains("x?[2Jy?"), table.print(0));
  }
}
