package dev.sluice.service;

/** The new configuration is invalid, and the old one stays active. One line with the place. */
public final class ReloadRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ReloadRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
