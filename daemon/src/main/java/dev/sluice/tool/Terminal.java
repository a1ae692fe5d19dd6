package dev.sluice.tool;

import dev.sluice.bridge.TerminalSize;

/**
 * The terminal of a command and its abilities.
 *
 * @param columns 0 for lines of any length: a file, a pipe
 * @param hasColour whether text may be coloured
 */
public record Terminal(int columns, boolean hasColour) {
  private static final int STANDARD_OUTPUT = 1;
  private static final int USUAL_COLUMNS = 80;

  /** A file or a pipe. */
  public static final Terminal NONE = new Terminal(0, false);

  /** Colour of a verdict, with its SGR code. */
  public enum Colour {
    GOOD(32),
    BAD(31),
    WARNING(33);

    private final int code;

    Colour(int code) {
      this.code = code;
    }
  }

  public static Terminal ofStandardOutput() {
    if (!ProgressLine.isTerminal(STANDARD_OUTPUT)) {
      return NONE;
    }
    int columns = TerminalSize.columns(STANDARD_OUTPUT);
    return new Terminal(
        columns == 0 ? USUAL_COLUMNS : columns,
        mayColour(System.getenv("NO_COLOR"), System.getenv("TERM")));
  }

  /** Follows no-color.org. */
  static boolean mayColour(String noColour, String terminal) {
    return (noColour == null || noColour.isEmpty()) && !"dumb".equals(terminal);
  }

  boolean isTerminal() {
    return columns > 0;
  }

  public String colour(Colour colour, String text) {
    return hasColour ? "\u001b[1;" + colour.code + "m" + text + "\u001b[0m" : text;
  }

  /** Wraps the words to the terminal; one line without a terminal. */
  public String wrap(String sentences) {
    return wrap(sentences, "");
  }

  /**
   * Wraps the words as an item of a list.
   *
   * @param indent start of each line after the first
   */
  public String wrap(String sentences, String indent) {
    int width = columns == 0 ? Integer.MAX_VALUE : columns;
    StringBuilder text = new StringBuilder();
    int column = 0;
    boolean isFirst = true;
    for (String word : sentences.split(" ", -1)) {
      if (!isFirst && column + 1 + word.length() > width) {
        text.append('\n').append(indent);
        column = indent.length();
      } else if (!isFirst) {
        text.append(' ');
        column++;
      }
      isFirst = false;
      text.append(word);
      column += word.length();
    }
    return text.append('\n').toString();
  }
}
