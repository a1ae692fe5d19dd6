package dev.sluice.output.capture;

import java.io.IOException;

/** Thrown if a capture cannot be read. The one-line message names the file and the reason. */
public final class CaptureException extends IOException {
  private static final long serialVersionUID = 1L;

  public CaptureException(String message) {
    super(message);
  }

  public CaptureException(String message, Throwable cause) {
    super(message, cause);
  }
}
