package dev.sluice.tool;

import dev.sluice.bridge.TerminalSize;

/**
 * Where a command prints, and what that can show.
 *
 * @param columns 0 where lines may be as long as they like: a file, a pipe
 * @param hasColour whether text may be coloured
 */
public record Terminal(int columns, boolean hasColour) {
  private static final int STANDARD_OUTPUT = 1;
  private static final int USUAL_COLUMNS = 80;

  /** A file or a pipe. */
  public static final Terminal NONE = new Terminal(0, false);

  /** Colour for a verdict; its code in SGR. */
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

  /** As no-color.org has it. */
  static boolean mayColour(String noColour, String terminal) {
    return (noColour == null || noColour.isEmpty()) && !"dumb".equals(terminal);
  }

  boolean isTerminal() {
    return columns > 0;
  }

  public String colour(Colour colour, String text) {
    return hasColour ? "\u001b[1;" + colour.code + "m" + text + "\u001b[0m" : text;
  }

  /** The words in lines that fit; one line where there is no terminal. */
  public String wrap(String sentences) {
    return wrap(sentences, "");
  }

  /**
   * The same, as an item of a list.
   *
   * @param indent what each line after the first begins with
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
