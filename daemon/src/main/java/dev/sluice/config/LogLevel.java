package dev.sluice.config;

/** What is logged: this and what is worse. */
public enum LogLevel {
  /**
   * As the command is: info for the service, warn for commands that start a daemon of their own.
   */
  AUTO,
  ERROR,
  WARN,
  INFO,
  DEBUG,
  TRACE
}
