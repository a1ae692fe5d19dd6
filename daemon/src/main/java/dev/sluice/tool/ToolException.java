package dev.sluice.tool;

/** A command cannot continue. The message is one line that says what to do. */
public final class ToolException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  public ToolException(String message) {
    this(message, ExitCode.FAILED);
  }

  public ToolException(String message, Throwable cause) {
    super(oneLine(message), cause);
    this.exitCode = cause instanceof ToolException inner ? inner.exitCode : ExitCode.FAILED;
  }

  /**
   * @param exitCode one of {@link ExitCode}
   */
  public ToolException(String message, int exitCode) {
    super(oneLine(message));
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }

  private static String oneLine(String message) {
    return message.replaceAll("\\s*\\R\\s*", " ");
  }
}
