package dev.sluice.service.metrics;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;

/**
 * Logback's asynchronous appender that counts: warnings and errors as they are logged, and events
 * that found the queue full. It never makes the thread that logs wait.
 */
public final class CountingAsyncAppender extends AsyncAppender {
  private final LogEvents events;

  /** For the logging configuration. */
  public CountingAsyncAppender() {
    this(LogEvents.instance());
  }

  CountingAsyncAppender(LogEvents events) {
    this.events = events;
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
      // Two threads may both see the last free slot, so a few discards can go uncounted; that the
      // counter moves at all is what an operator needs.
      events.discarded.increment();
    }
    super.append(event);
  }
}
