package dev.sluice.tool;

/** Reports that a command cannot continue. The message is one line and gives a remedy. */
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
