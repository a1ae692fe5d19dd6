package dev.sluice.service.security;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** {@code rate_limit}: a burst, then one more per interval. Thread-safe and lock-free. */
final class TokenBucket {
  private final WebConfig.RateLimit limit;
  private final LongSupplier clock;

  /** Time at which the bucket will be full again, in nanoseconds of the clock. */
  private final AtomicLong fullAtNs;

  TokenBucket(WebConfig.RateLimit limit, LongSupplier clock) {
    this.limit = limit;
    this.clock = clock;
    this.fullAtNs = new AtomicLong(clock.getAsLong());
  }

  boolean take() {
    long nowNs = clock.getAsLong();
    while (true) {
      long fullNs = fullAtNs.get();
      long fromNs = fullNs - nowNs > 0 ? fullNs : nowNs;
      long nextNs = fromNs + limit.intervalNanos();
      if (nextNs - nowNs > limit.intervalNanos() * limit.burst()) {
        return false;
      }
      if (fullAtNs.compareAndSet(fullNs, nextNs)) {
        return true;
      }
    }
  }
}
