package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TerminalTest {
  @Test
  void shouldColourOnlyWhereItIsWanted() {
    assertTrue(Terminal.mayColour(null, "xterm"));
    assertTrue(Terminal.mayColour("", null));
    assertFalse(Terminal.mayColour("1", "xterm"));
    assertFalse(Terminal.mayColour(null, "dumb"));
    assertEquals("x", new Terminal(80, false).colour(Terminal.Colour.BAD, "x"));
    assertEquals("\u001b[1;31mx\u001b[0m", new Terminal(80, true).colour(Terminal.Colour.BAD, "x"));
  }

  @Test
  void shouldWrapAtTheWidth() {
    assertEquals("one two\nthree\n", new Terminal(8, false).wrap("one two three"));
    assertEquals("one two three\n", Terminal.NONE.wrap("one two three"));
  }
}
