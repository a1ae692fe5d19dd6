package dev.sluice.service.attach;

import dev.sluice.service.AttachFailures;
import dev.sluice.service.AttachStatus;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts every refusal, logs the first of each reason at once, then at most one a minute with the
 * number of those suppressed: ten thousand garbage connections must not fill the log. Thread-safe.
 */
final class RefusalLog {
  private static final Logger LOGGER = LoggerFactory.getLogger(AttachServer.class);
  private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final AttachFailures failures;
  private final LongSupplier nanoClock;
  private final Map<AttachStatus, Pending> pending = new EnumMap<>(AttachStatus.class);

  RefusalLog(AttachFailures failures, LongSupplier nanoClock) {
    this.failures = failures;
    this.nanoClock = nanoClock;
  }

  void refused(AttachStatus status, String text, Object peer) {
    failures.add(status);
    long leftOut = admit(status);
    if (leftOut >= 0) {
      String more = leftOut == 0 ? "" : " (and " + leftOut + " more before)";
      LOGGER.warn("attach refused: {}: {}: {}{}", peer, status.label(), text, more);
    }
  }

  /** Returns the number suppressed since the last line; -1 to suppress this one as well. */
  private synchronized long admit(AttachStatus status) {
    long nowNanos = nanoClock.getAsLong();
    Pending last = pending.get(status);
    if (last != null && nowNanos - last.loggedNanos < INTERVAL_NANOS) {
      last.leftOut++;
      return -1;
    }
    pending.put(status, new Pending(nowNanos));
    return last == null ? 0 : last.leftOut;
  }

  private static final class Pending {
    final long loggedNanos;
    long leftOut;

    Pending(long loggedNanos) {
      this.loggedNanos = loggedNanos;
    }
  }
}
