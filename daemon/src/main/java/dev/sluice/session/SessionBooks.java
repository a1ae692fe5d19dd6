package dev.sluice.session;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.HostTime;
import dev.sluice.agent.NanoClock;
import dev.sluice.config.Quantities;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.session.run.DropEvent;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunLatencies;
import dev.sluice.session.run.RunTotals;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Books of one session: the totals of its finished runs plus the run under way. Reports changes to
 * the log, the daemon's drop log and the capture. Counts are records; latencies and times are
 * nanoseconds.
 *
 * <p>The log shows each episode of drops twice: at its start with the first event as an example,
 * and at its end with the number of events.
 *
 * <p>Session owner only. Returned objects are never modified again.
 */
final class SessionBooks {
  // Session's logger: these lines describe the session.
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  // Drops closer together than this belong to one episode.
  private static final long QUIET_NANOS = 10_000_000_000L;

  private final int session;
  private final int device;
  private final DropLog keptDrops;
  private final SessionCapture capture;
  private final NanoClock clock;
  private final boolean[] isLogged = new boolean[AbiViolation.ALL.size()];
  private RunTotals past = new RunTotals();
  private SessionView.LastHeadroom lastHeadroom;
  private boolean isDropping;
  private long droppingSinceNs;
  private long lastDropNs;
  private long droppedRecords;
  private long furtherEvents;

  /**
   * @param windowNanos how long the headroom of a finished run counts in full
   */
  SessionBooks(
      int session,
      int device,
      long windowNanos,
      DropLog keptDrops,
      SessionCapture capture,
      NanoClock clock) {
    this.session = session;
    this.device = device;
    this.keptDrops = keptDrops;
    this.capture = capture;
    this.clock = clock;
    this.lastHeadroom = new SessionView.LastHeadroom(Headroom.IDLE, 0, windowNanos);
  }

  /** Continues from the totals of runs counted by another process. */
  void resume(RunTotals before) {
    past = before;
  }

  /** Returns the totals of finished runs. */
  RunTotals past() {
    return past;
  }

  /** Reports what the run under way has counted since the last call. */
  void note(Run run) {
    report(run);
    if (isDropping && clock.nanoTime() - lastDropNs >= QUIET_NANOS) {
      endDropping();
    }
    capture.note(totals(run));
  }

  /**
   * Adds a settled run to the totals and logs it. Returns its totals.
   *
   * @param at when the client requested the end
   */
  RunTotals close(Run settled, String reason, HostTime at) {
    RunTotals totals = settled.totals();
    past = past.plus(totals);
    lastHeadroom = lastHeadroom.after(settled, clock.nanoTime());
    try {
      report(settled);
      endDropping();
      capture.note(past);
      capture.endRun(settled.coreToThread(), settled.epoch(), at);
      settled.scopeCapacities().ifPresent(capture::scopes);
    } catch (Throwable e) {
      log.error("session {}: cannot record the end of its run in its capture", session, e);
    }
    log(totals, reason);
    return totals;
  }

  /**
   * Adds a run that ended while the next one continues.
   *
   * @param run the runs that remain open; latencies are not split by run
   */
  void closeFirst(RunTotals first, Run run, String reason) {
    past = past.plus(first);
    note(run);
    log(first, reason);
  }

  private void report(Run run) {
    long nowNs = clock.nanoTime();
    run.reportDrops(
        event -> {
          keptDrops.add(new DropLog.Entry(session, device, event));
          dropped(event, nowNs);
          capture.dropped(event);
        });
    run.reportStalls(capture);
    logViolations(run);
  }

  private void dropped(DropEvent event, long nowNs) {
    lastDropNs = nowNs;
    if (isDropping) {
      droppedRecords += event.records();
      furtherEvents++;
      return;
    }
    isDropping = true;
    droppingSinceNs = nowNs;
    droppedRecords = event.records();
    furtherEvents = 0;
    log.warn(
        "session {} device {} drops records: {} of {} {}, cause {} (inferred; {}): free queue {},"
            + " spare {}, not drained {}, with collectors {} buffers{}, longest pause"
            + " {}; the rest of this episode is at /api/v1/drops",
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
        event.latenessNanos() == 0
            ? ""
            : ", refill late by " + Quantities.formatNanos(event.latenessNanos()),
        Quantities.formatNanos(event.pauseNanos()));
  }

  private void endDropping() {
    if (!isDropping) {
      return;
    }
    isDropping = false;
    log.warn(
        String.format(
            Locale.ROOT,
            "session %d device %d stopped dropping: %d records in %d events within %s",
            session,
            device,
            droppedRecords,
            furtherEvents + 1,
            Quantities.formatNanos(lastDropNs - droppingSinceNs)));
  }

  /** Logs each new kind of violation once per session. */
  private void logViolations(Run run) {
    RunTotals totals = run.totals();
    for (AbiViolation violation : AbiViolation.ALL) {
      int sort = violation.ordinal();
      if (totals.violations[sort] > 0 && !isLogged[sort]) {
        isLogged[sort] = true;
        log.warn(
            "session {} device {}: the device wrote {} ({}); further ones are only counted",
            session,
            device,
            violation.meaning(),
            run.evidence(violation));
      }
    }
  }

  private void log(RunTotals totals, String reason) {
    AccountingLaw law = totals.law();
    String line =
        String.format(
            Locale.ROOT,
            "session %d device %d run %s: produced %d, collected %d, dropped %d, salvaged %d,"
                + " never started %d, in flight %d, unaccounted %d%s",
            session,
            device,
            reason,
            law.produced(),
            law.collected(),
            law.missing(),
            law.salvaged(),
            law.neverStarted(),
            law.inFlight(),
            law.unaccounted(),
            recycled(law) + (totals.hasLatencies() ? refill(totals.latencies) : ""));
    if (law.missing() != 0 || law.unaccounted() != 0) {
      log.warn(line);
    } else {
      log.info(line);
    }
    if (totals.syntheticMismatched > 0) {
      log.error(
          "session {}: {} of {} checked records differ from the expected content",
          session,
          totals.syntheticMismatched,
          totals.syntheticVerified);
    }
  }

  private static String recycled(AccountingLaw law) {
    return law.recycled() == 0
        ? ""
        : "; " + law.recycled() + " of the dropped records were recycled by the guard";
  }

  private static String refill(RunLatencies latencies) {
    Histogram nanos = latencies.refillOfAllKinds();
    return "; refill p50 %s p99 %s max %s"
        .formatted(
            Quantities.formatNanos(nanos.getValueAtPercentile(50)),
            Quantities.formatNanos(nanos.getValueAtPercentile(99)),
            Quantities.formatNanos(nanos.getMaxValue()));
  }

  /**
   * Returns the totals of all runs so far.
   *
   * @param present the run under way, as last counted; null if none
   */
  RunTotals totals(Run present) {
    return present == null ? past : past.plus(present.totals());
  }

  /** Returns the headroom of the last finished run. */
  SessionView.LastHeadroom lastHeadroom() {
    return lastHeadroom;
  }
}
