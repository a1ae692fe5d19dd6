package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.config.Quantities;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.service.Books;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The books of one session over all its runs: the sums of those that are over, to which the one
 * under way is added for whoever asks, and the last word on each run, as a line in the log and as
 * the client gets it. Counts are records; latencies and times are nanoseconds.
 *
 * <p>The session's lock guards it. What it returns is a copy or is never written again.
 */
final class SessionBooks {
  // The session's, since to readers of the log these lines are about it.
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  private final int session;
  private final int device;
  private final long windowNanos;
  private final boolean[] isLogged = new boolean[AbiViolation.ALL.size()];
  private final RunLatencies pastLatencies = new RunLatencies();
  private RunTotals past = new RunTotals();
  // Of the run before: a run may be shorter than the interval at which anybody looks.
  private Headroom lastHeadroom = Headroom.IDLE;
  private long lastHeadroomNs;

  /**
   * @param windowNanos for how long the headroom of a run that is over counts in full
   */
  SessionBooks(int session, int device, long windowNanos) {
    this.session = session;
    this.device = device;
    this.windowNanos = windowNanos;
  }

  /** Logs each new sort of violation once in the life of the session. */
  void logViolations(SessionRun run) {
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
            run.books().evidence(violation));
      }
    }
  }

  /** Takes in a run that is settled, and tells of it. */
  void close(SessionRun settled, long nowNs, String reason) {
    RunTotals totals = settled.totals();
    RunLatencies latencies = new RunLatencies();
    settled.books().addLatencies(latencies);
    past = past.plus(totals);
    pastLatencies.add(latencies);
    lastHeadroom = settled.headroom();
    lastHeadroomNs = nowNs;
    log(totals, latencies.refillOfAllKinds(), reason);
  }

  private void log(RunTotals totals, Histogram refillNanos, String reason) {
    AccountingLaw law = totals.law();
    long dropped = dropped(law);
    String line =
        String.format(
            Locale.ROOT,
            "session %d device %d run %s: produced %d, collected %d, dropped %d, salvaged %d,"
                + " in flight %d, unaccounted %d; refill p50 %s p99 %s max %s",
            session,
            device,
            reason,
            law.produced(),
            law.collected(),
            dropped,
            law.salvaged(),
            law.inFlight(),
            law.unaccounted(),
            Quantities.formatNanos(refillNanos.getValueAtPercentile(50)),
            Quantities.formatNanos(refillNanos.getValueAtPercentile(99)),
            Quantities.formatNanos(refillNanos.getMaxValue()));
    if (dropped != 0 || law.unaccounted() != 0) {
      log.warn(line);
    } else {
      log.info(line);
    }
    if (totals.syntheticMismatched > 0) {
      log.error(
          "session {}: {} of {} checked records are not what the producer must have written",
          session,
          totals.syntheticMismatched,
          totals.syntheticVerified);
    }
  }

  /** Of one run, as the client gets them. */
  Books ofRun(RunTotals totals) {
    List<Books.KindBooks> kinds = new ArrayList<>();
    for (AccountingLaw law : totals.laws) {
      kinds.add(
          new Books.KindBooks(
              law.produced(), law.collected(), dropped(law), law.salvaged(), law.unaccounted()));
    }
    String text =
        totals.syntheticMismatched > 0
            ? totals.syntheticMismatched + " records with wrong content"
            : totals.law().unaccounted() != 0 ? "the books do not balance" : "the books balance";
    return new Books(session, kinds, text);
  }

  /** In reports: all that is missing, whatever tells of it. */
  private static long dropped(AccountingLaw law) {
    return law.dropped() + law.inferred() + law.died();
  }

  /**
   * All runs so far.
   *
   * @param present the run under way; null if there is none
   */
  RunTotals totals(SessionRun present) {
    return present == null ? past : past.plus(present.totals());
  }

  /** Of all runs so far, as {@link #totals}. */
  RunLatencies latencies(SessionRun present) {
    RunLatencies sum = new RunLatencies().add(pastLatencies);
    if (present != null) {
      present.books().addLatencies(sum);
    }
    return sum;
  }

  /** Of the run under way, and of the one before as long as that lies within the windows. */
  Headroom headroom(SessionRun present, long nowNs) {
    long ageNs = nowNs - lastHeadroomNs;
    Headroom last =
        ageNs < windowNanos
            ? lastHeadroom
            : ageNs < Headroom.WORST_NANOS ? lastHeadroom.ended() : Headroom.IDLE;
    return present == null ? last : present.headroom().nearerOf(last);
  }

  /** What the headroom was in the last minute of the last run, however long ago that is. */
  Headroom lastHeadroom() {
    return lastHeadroom.ended();
  }
}
