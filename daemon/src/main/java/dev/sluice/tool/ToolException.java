package dev.sluice.tool;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** A command cannot go on. The message is one line that says what to do. */
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

  /** Why a file operation failed, without the path: often that is all that the JDK's text has. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or directory";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file is there";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason();
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  private static String oneLine(String message) {
    return message.replaceAll("\\s*\\R\\s*", " ");
  }
}
