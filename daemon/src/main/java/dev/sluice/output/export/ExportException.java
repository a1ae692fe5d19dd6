package dev.sluice.output.export;

import java.io.IOException;

/** An export cannot be made. The message is one line for a person that says what to do. */
public final class ExportException extends IOException {
  private static final long serialVersionUID = 1L;

  public ExportException(String message) {
    super(message);
  }

  public ExportException(String message, Throwable cause) {
    super(message, cause);
  }
}
