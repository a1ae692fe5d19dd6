package dev.sluice.service.metrics;

import java.util.concurrent.atomic.LongAdder;

/**
 * How many warnings and errors were logged, and how many lines were not written. One for the
 * process, like the logging system that Logback builds by itself. Any thread.
 */
public final class LogEvents {
  private static final LogEvents INSTANCE = new LogEvents();

  final LongAdder warnings = new LongAdder();
  final LongAdder errors = new LongAdder();
  final LongAdder discarded = new LongAdder();

  LogEvents() {}

  public static LogEvents instance() {
    return INSTANCE;
  }

  public long warnings() {
    return warnings.sum();
  }

  public long errors() {
    return errors.sum();
  }

  public long discarded() {
    return discarded.sum();
  }
}
