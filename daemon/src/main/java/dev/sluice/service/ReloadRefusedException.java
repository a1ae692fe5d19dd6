package dev.sluice.service;

/** The new configuration is wrong, and the old one stays in force. One line that says where. */
public final class ReloadRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ReloadRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
