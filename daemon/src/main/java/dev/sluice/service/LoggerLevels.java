package dev.sluice.service;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/**
 * Levels of single loggers, set by an operator until the next start. Levels are in lower case.
 * Thread-safe.
 */
public final class LoggerLevels {
  public static final String ROOT = "root";

  /** Pseudo level: the logger takes the level of its parent. */
  public static final String INHERIT = "inherit";

  private LoggerLevels() {}

  /** Returns the loggers that have their own level; empty if the process does not use Logback. */
  public static Map<String, String> own() {
    Map<String, String> levels = new TreeMap<>();
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      for (Logger logger : context.getLoggerList()) {
        if (logger.getLevel() != null) {
          levels.put(name(logger), lower(logger.getLevel()));
        }
      }
    }
    return levels;
  }

  /** Returns the effective level; empty if there is no such logger. */
  public static Optional<String> inForce(String logger) {
    return find(logger).map(found -> lower(found.getEffectiveLevel()));
  }

  /**
   * Sets a level; false if there is no such logger. The level must be known, or {@link #INHERIT}.
   */
  public static boolean set(String logger, String level) {
    Optional<Logger> found = find(logger);
    found.ifPresent(each -> each.setLevel(level.equals(INHERIT) ? null : Level.toLevel(level)));
    return found.isPresent();
  }

  private static Optional<Logger> find(String logger) {
    String name = logger.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : logger;
    return LoggerFactory.getILoggerFactory() instanceof LoggerContext context
        ? Optional.ofNullable(context.exists(name))
        : Optional.empty();
  }

  private static String name(Logger logger) {
    return logger.getName().equals(org.slf4j.Logger.ROOT_LOGGER_NAME) ? ROOT : logger.getName();
  }

  private static String lower(Level level) {
    return level.toString().toLowerCase(Locale.ROOT);
  }
}
