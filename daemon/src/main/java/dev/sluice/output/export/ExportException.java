package dev.sluice.output.export;

import java.io.IOException;

/** Thrown if an export fails. The one-line message is for people and suggests a remedy. */
public final class ExportException extends IOException {
  private static final long serialVersionUID = 1L;

  public ExportException(String message) {
    super(message);
  }

  public ExportException(String message, Throwable cause) {
    super(message, cause);
  }
}
