package dev.sluice.tool;

/** A command cannot go on. The message is one line that says what to do; exit code 1. */
public final class ToolException extends Exception {
  private static final long serialVersionUID = 1L;

  public ToolException(String message) {
    super(oneLine(message));
  }

  public ToolException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  private static String oneLine(String message) {
    return message.replaceAll("\\s*\\R\\s*", " ");
  }
}
