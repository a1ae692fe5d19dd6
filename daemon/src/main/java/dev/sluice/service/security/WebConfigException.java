package dev.sluice.service.security;

/** A {@code web-config.yml} is not usable. One line, without the secrets of the file. */
public final class WebConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  WebConfigException(String message) {
    super(message.replaceAll("\\s*\\R\\s*", " "));
  }
}
