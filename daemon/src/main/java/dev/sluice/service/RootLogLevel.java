package dev.sluice.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.config.LogLevel;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * Root log level of the process: as started, or as set by {@code sluice.log.level}. A level that an
 * operator {@link #set}s stays until that key changes. Thread-safe.
 */
public final class RootLogLevel {
  private final String asStarted = get();
  private LogLevel configured = LogLevel.AUTO;

  public RootLogLevel(LogLevel level) {
    apply(level);
  }

  /** Applies the level of a configuration if it has changed. */
  public synchronized void apply(LogLevel level) {
    if (level != configured) {
      configured = level;
      set(level == LogLevel.AUTO ? asStarted : level.name());
    }
  }

  /** Sets error, warn, info, debug or trace; false if the process does not use Logback. */
  public static boolean set(String level) {
    Optional<Logger> root = root();
    root.ifPresent(logger -> logger.setLevel(Level.toLevel(level)));
    return root.isPresent();
  }

  /** Returns the active level; info if the process does not use Logback. */
  public static String get() {
    return root().map(logger -> logger.getLevel().toString()).orElse(Level.INFO.toString());
  }

  private static Optional<Logger> root() {
    return LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger logger
        ? Optional.of(logger)
        : Optional.empty();
  }
}
