package dev.sluice;

import dev.sluice.config.Quantities;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log that a session drops records: once when it begins, with the first case as an
 * example, and once when it is over, with the number of cases that were not logged. The session's
 * lock guards it.
 */
final class DropEpisode {
  private static final Logger log = LoggerFactory.getLogger(DropEpisode.class);

  /** Drops that are no further apart than this are one episode. */
  private static final long QUIET_NANOS = 10_000_000_000L;

  private final int session;
  private final int device;
  private boolean isOpen;
  private long sinceNs;
  private long lastNs;
  private long records;
  private long suppressed;

  DropEpisode(int session, int device) {
    this.session = session;
    this.device = device;
  }

  /** Records were dropped. */
  void dropped(DropEvent event, long nowNs) {
    lastNs = nowNs;
    if (isOpen) {
      records += event.records;
      suppressed++;
      return;
    }
    isOpen = true;
    sinceNs = nowNs;
    records = event.records;
    suppressed = 0;
    log.warn(
        "session {} device {} drops records: {} of {} {}, cause {} (inferred; {}): free queue {},"
            + " spare {}, not drained {}, with collectors {} buffers, refill late by {}, longest"
            + " pause {}; the rest of this episode is at /api/v1/drops",
        session,
        device,
        event.records,
        event.kind.label(),
        event.instance,
        event.cause.label(),
        event.ceiling.label(),
        event.freeEntries,
        event.spareBuffers,
        event.undrainedBuffers,
        event.collectingBuffers,
        Quantities.formatNanos(event.latenessNanos),
        Quantities.formatNanos(event.pauseNanos));
  }

  /** Time has passed. */
  void tend(long nowNs) {
    if (isOpen && nowNs - lastNs >= QUIET_NANOS) {
      end();
    }
  }

  /** The run is over. */
  void end() {
    if (!isOpen) {
      return;
    }
    isOpen = false;
    log.warn(
        String.format(
            Locale.ROOT,
            "session %d device %d stopped dropping: %d records within %s; suppressed %d lines",
            session,
            device,
            records,
            Quantities.formatNanos(lastNs - sinceNs),
            suppressed));
  }
}
