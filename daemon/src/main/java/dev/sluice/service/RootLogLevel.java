package dev.sluice.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.config.LogLevel;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * The level below which the process logs nothing: as started, or as {@code sluice.log.level} has
 * it. What an operator {@link #set} stays until that key changes. Any thread.
 */
public final class RootLogLevel {
  private final String asStarted = get();
  private LogLevel configured = LogLevel.AUTO;

  public RootLogLevel(LogLevel level) {
    apply(level);
  }

  /** Takes the level of a configuration, if it is another than before. */
  public synchronized void apply(LogLevel level) {
    if (level != configured) {
      configured = level;
      set(level == LogLevel.AUTO ? asStarted : level.name());
    }
  }

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
