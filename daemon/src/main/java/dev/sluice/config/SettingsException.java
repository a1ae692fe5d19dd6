package dev.sluice.config;

/** A configuration that cannot be used. The message is one line, ready to be printed as it is. */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SettingsException(String message) {
    super(message.replaceAll("\\s*\\R\\s*", " "));
  }
}
