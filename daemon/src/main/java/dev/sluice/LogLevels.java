package dev.sluice;

import dev.sluice.config.LogLevel;
import dev.sluice.service.RootLogLevel;

/**
 * Applies {@code sluice.log.level}. What an operator set on the control socket stays until the key
 * changes.
 */
final class LogLevels {
  private final String asStarted = RootLogLevel.get();
  private LogLevel configured = LogLevel.AUTO;

  LogLevels(LogLevel level) {
    apply(level);
  }

  /** Called by the starting and then by the reloading thread. */
  synchronized void apply(LogLevel level) {
    if (level != configured) {
      configured = level;
      RootLogLevel.set(level == LogLevel.AUTO ? asStarted : level.name());
    }
  }
}
