package dev.sluice.config;

/** The least severe level to log. */
public enum LogLevel {
  /**
   * Depends on the command: info for the service, warn for commands that start a private daemon.
   */
  AUTO,
  ERROR,
  WARN,
  INFO,
  DEBUG,
  TRACE
}
