package dev.sluice.service;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Refusals on the attach socket since the daemon started, by reason. The attach server adds,
 * scrapes read; thread-safe and lock-free.
 */
public final class AttachFailures {
  private final Map<AttachStatus, LongAdder> counts = new EnumMap<>(AttachStatus.class);

  public AttachFailures() {
    for (AttachStatus status : AttachStatus.values()) {
      if (status != AttachStatus.OK) {
        counts.put(status, new LongAdder());
      }
    }
  }

  public void add(AttachStatus status) {
    counts.get(status).increment();
  }

  /** Returns the count of every reason, 0 included, keyed by {@link AttachStatus#label}. */
  public Map<String, Long> byReason() {
    Map<String, Long> byReason = new LinkedHashMap<>();
    counts.forEach((status, count) -> byReason.put(status.label(), count.sum()));
    return byReason;
  }
}
