package dev.sluice;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;

/**
 * Bounded waiting for something that another thread or process brings about. The only place of the
 * end-to-end tests that lets time pass.
 */
final class Await {
  /** Far beyond what any of the conditions takes, even on a machine that has other work. */
  static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final long INTERVAL_NANOS = 2_000_000;

  private Await() {}

  /** A look at the world that may fail. */
  interface Condition {
    boolean isMet() throws Exception;
  }

  /**
   * Returns once the condition holds; fails the test when it does not within the patience.
   *
   * @param otherwise what to say then
   */
  static void until(Condition condition, Supplier<String> otherwise) throws Exception {
    until(PATIENCE, condition, otherwise);
  }

  /** The same, for what takes its time by design. */
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
