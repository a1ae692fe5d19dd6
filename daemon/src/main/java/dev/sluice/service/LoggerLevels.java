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
 * Levels of single loggers, which an operator sets until the next start. Levels are in lower case.
 * Any thread.
 */
public final class LoggerLevels {
  public static final String ROOT = "root";

  /** What makes a logger take the level of the one above it. */
  public static final String INHERIT = "inherit";

  private LoggerLevels() {}

  /** Loggers that have a level of their own; empty if the process does not log by Logback. */
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

  /** Its own level, or the one that it inherits; empty if there is no such logger. */
  public static Optional<String> inForce(String logger) {
    return find(logger).map(found -> lower(found.getEffectiveLevel()));
  }

  /** False if there is no such logger. The level must be known, or {@link #INHERIT}. */
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
