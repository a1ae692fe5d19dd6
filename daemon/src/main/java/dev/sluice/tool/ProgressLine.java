package dev.sluice.tool;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Progress for people, on standard error: one line rewritten in place on a terminal, a new line
 * every few seconds in a log.
 */
public final class ProgressLine implements AutoCloseable {
  private static final long LOG_INTERVAL_NS = 3_000_000_000L;
  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintStream stream;
  private final boolean isTerminal;
  private long lastShownNs = System.nanoTime();
  private boolean isLineOpen;

  ProgressLine(PrintStream stream, boolean isTerminal) {
    this.stream = stream;
    this.isTerminal = isTerminal;
  }

  public static ProgressLine onStandardError() {
    return new ProgressLine(System.err, isTerminal(2));
  }

  /** Replaces the line; in a log, prints only if the last line is old enough. */
  public void update(String text) {
    if (isTerminal) {
      stream.print(ERASE_LINE + text);
      stream.flush();
      isLineOpen = true;
    } else if (System.nanoTime() - lastShownNs >= LOG_INTERVAL_NS) {
      lastShownNs = System.nanoTime();
      stream.println(text);
    }
  }

  /** Prints a permanent line. */
  public void println(String text) {
    close();
    stream.println(text);
    lastShownNs = System.nanoTime();
  }

  /** Erases the open line, so that the next output starts on a clean one. */
  @Override
  public void close() {
    if (isLineOpen) {
      stream.print(ERASE_LINE);
      stream.flush();
      isLineOpen = false;
    }
  }

  /**
   * Tests one descriptor: System.console() tests input and output together, from JDK 22 on neither.
   */
  static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException ignored) {
      // No such descriptor: not a terminal.
      return false;
    }
  }
}
