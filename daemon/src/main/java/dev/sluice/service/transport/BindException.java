package dev.sluice.service.transport;

/** A listener cannot be opened. The message is one line that says what to do. */
public final class BindException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public BindException(String message, Throwable cause) {
    super(message, cause);
  }

  public BindException(String message) {
    super(message);
  }
}
