package dev.sluice;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;

/**
 * Bounded waiting for a condition that another thread or process fulfils. The only place in the
 * end-to-end tests that sleeps.
 */
final class Await {
  /** Far longer than any condition takes, even on a loaded machine. */
  static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final long INTERVAL_NANOS = 2_000_000;

  private Await() {}

  /** A polled condition; the poll may throw. */
  interface Condition {
    boolean isMet() throws Exception;
  }

  /**
   * Returns once the condition holds; fails the test after {@link #PATIENCE}.
   *
   * @param otherwise failure message
   */
  static void until(Condition condition, Supplier<String> otherwise) throws Exception {
    until(PATIENCE, condition, otherwise);
  }

  /** Same with a longer timeout, for conditions that are slow by design. */
  static void until(Duration patience, Condition condition, Supplier<String> otherwise)
      throws Exception {
    long deadlineNs = System.nanoTime() + patience.toNanos();
    while (!condition.isMet()) {
      if (System.nanoTime() - deadlineNs > 0) {
        Assertions.fail(otherwise.get());
      }
      LockSupport.parkNanos(INTERVAL_NANOS);
    }
  }
}
