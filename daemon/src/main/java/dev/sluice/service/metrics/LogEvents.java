package dev.sluice.service.metrics;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of logged warnings and errors, and of discarded lines. One instance per process, like the
 * logging system that Logback builds itself. Thread-safe.
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
