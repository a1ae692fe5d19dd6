package dev.sluice.tool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void shouldRewriteOneLineOnATerminal() {
    try (ProgressLine line = new ProgressLine(stream, true)) {
      line.update("one");
      line.update("two");
    }
    assertEquals("\r\u001b[Kone\r\u001b[Ktwo\r\u001b[K", text());
  }

  @Test
  void shouldKeepALogShort() {
    try (ProgressLine line = new ProgressLine(stream, false)) {
      line.println("start");
      for (int i = 0; i < 1000; i++) {
        line.update("step " + i);
      }
    }
    assertEquals("start\n", text());
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
