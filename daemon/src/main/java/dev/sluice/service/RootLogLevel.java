package dev.sluice.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** The level below which the process logs nothing. Any thread. */
public final class RootLogLevel {
  private RootLogLevel() {}

  /** Error, warn, info, debug or trace; false if the process does not log by Logback. */
  public static boolean set(String level) {
    Optional<Logger> root = root();
    root.ifPresent(logger -> logger.setLevel(Level.toLevel(level)));
    return root.isPresent();
  }

  /** What is in force; info if the process does not log by Logback. */
  public static String get() {
    return root().map(logger -> logger.getLevel().toString()).orElse(Level.INFO.toString());
  }

  private static Optional<Logger> root() {
    return LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger logger
        ? Optional.of(logger)
        : Optional.empty();
  }
}
