package dev.sluice.session;

import dev.sluice.agent.NanoClock;
import dev.sluice.config.Quantities;
import dev.sluice.session.run.DropEvent;
import dev.sluice.session.run.Run;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where one session's drops go: the daemon's list of events, the capture, and the log: once when
 * the session begins to drop, with the first case as an example, and once when it is over, with the
 * number of cases that were not logged. Of the session's owner.
 */
final class Drops {
  private static final Logger log = LoggerFactory.getLogger(Drops.class);

  /** Drops that are no further apart than this are one episode. */
  private static final long QUIET_NANOS = 10_000_000_000L;

  private final int session;
  private final int device;
  private final DropLog kept;
  private final SessionCapture capture;
  private final NanoClock clock;
  private boolean isOpen;
  private long sinceNs;
  private long lastNs;
  private long records;
  private long suppressed;

  Drops(int session, int device, DropLog kept, SessionCapture capture, NanoClock clock) {
    this.session = session;
    this.device = device;
    this.kept = kept;
    this.capture = capture;
    this.clock = clock;
  }

  /** Notes what a run has dropped since this was called last. */
  void note(Run run) {
    long nowNs = clock.nanoTime();
    run.tellDrops(
        event -> {
          kept.add(new DropLog.Entry(session, device, event));
          dropped(event, nowNs);
          capture.dropped(event);
        });
    if (isOpen && nowNs - lastNs >= QUIET_NANOS) {
      end();
    }
  }

  /** The run is over. */
  void endRun(Run run) {
    note(run);
    end();
  }

  private void dropped(DropEvent event, long nowNs) {
    lastNs = nowNs;
    if (isOpen) {
      records += event.records();
      suppressed++;
      return;
    }
    isOpen = true;
    sinceNs = nowNs;
    records = event.records();
    suppressed = 0;
    log.warn(
        "session {} device {} drops records: {} of {} {}, cause {} (inferred; {}): free queue {},"
            + " spare {}, not drained {}, with collectors {} buffers, refill late by {}, longest"
            + " pause {}; the rest of this episode is at /api/v1/drops",
        session,
        device,
        event.records(),
        event.kind().label(),
        event.instance(),
        event.cause().label(),
        event.ceiling().label(),
        event.queues().freeEntries(),
        event.queues().spareBuffers(),
        event.queues().undrainedBuffers(),
        event.queues().collectingBuffers(),
        Quantities.formatNanos(event.latenessNanos()),
        Quantities.formatNanos(event.pauseNanos()));
  }

  private void end() {
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
