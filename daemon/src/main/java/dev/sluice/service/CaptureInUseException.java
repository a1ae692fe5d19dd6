package dev.sluice.service;

import java.io.IOException;

/** A capture is still being written and so not available; the message says what to do. */
public final class CaptureInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  public CaptureInUseException(String message) {
    super(message);
  }
}
