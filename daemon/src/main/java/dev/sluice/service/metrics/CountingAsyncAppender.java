package dev.sluice.service.metrics;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import dev.sluice.service.RecentEvents;
import java.time.Instant;
import java.util.Locale;

/**
 * Logback's asynchronous appender with counters: warnings and errors as they are logged, and events
 * that found the queue full. Also keeps the latest lines for the status page. Never blocks the
 * logging thread.
 */
public final class CountingAsyncAppender extends AsyncAppender {
  private final LogEvents events;
  private final RecentEvents recent;

  /** For the logging configuration. */
  public CountingAsyncAppender() {
    this(LogEvents.instance(), RecentEvents.instance());
  }

  CountingAsyncAppender(LogEvents events, RecentEvents recent) {
    this.events = events;
    this.recent = recent;
  }

  @Override
  protected void append(ILoggingEvent event) {
    int level = event.getLevel().toInt();
    if (level >= Level.ERROR_INT) {
      events.errors.increment();
    } else if (level >= Level.WARN_INT) {
      events.warnings.increment();
    }
    if (getRemainingCapacity() == 0) {
      // Two threads may both see the last free slot, so a few discards can go uncounted. An
      // operator only needs the counter to move.
      events.discarded.increment();
    }
    if (level >= Level.INFO_INT) {
      recent.add(
          Instant.ofEpochMilli(event.getTimeStamp()),
          event.getLevel().toString().toLowerCase(Locale.ROOT),
          text(event));
    }
    super.append(event);
  }

  private static String text(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    return thrown == null
        ? event.getFormattedMessage()
        : event.getFormattedMessage() + ": " + thrown.getClassName() + ": " + thrown.getMessage();
  }
}
