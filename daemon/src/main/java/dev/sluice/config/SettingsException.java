package dev.sluice.config;

/** An unusable configuration. The message is one line, ready to print. */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SettingsException(String message) {
    super(message.replaceAll("\\s*\\R\\s*", " "));
  }
}
