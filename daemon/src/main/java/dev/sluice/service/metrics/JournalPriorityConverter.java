package dev.sluice.service.metrics;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;

/**
 * Writes the {@code <N>} that journald strips from a line and stores as its priority
 * (sd-daemon(3)). Only if systemd has connected standard output to the journal, so that a terminal
 * stays clean.
 */
public final class JournalPriorityConverter extends ClassicConverter {
  private final boolean isJournal;

  /** Decides by {@code $JOURNAL_STREAM}, which systemd sets for services. */
  public JournalPriorityConverter() {
    this(System.getenv("JOURNAL_STREAM") != null);
  }

  JournalPriorityConverter(boolean isJournal) {
    this.isJournal = isJournal;
  }

  @Override
  public String convert(ILoggingEvent event) {
    return isJournal ? "<" + priority(event.getLevel()) + ">" : "";
  }

  private static int priority(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> 3;
      case Level.WARN_INT -> 4;
      case Level.INFO_INT -> 6;
      default -> 7;
    };
  }
}
