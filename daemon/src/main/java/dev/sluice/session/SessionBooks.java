package dev.sluice.session;

import dev.sluice.abi.AbiViolation;
import dev.sluice.config.Quantities;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunLatencies;
import dev.sluice.session.run.RunTotals;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The books of one session over all its runs: the sums of those that are over, to which the one
 * under way is added, and the last word on each run as a line in the log. Counts are records;
 * latencies and times are nanoseconds.
 *
 * <p>Of the session's owner. What it returns is never written again.
 */
public final class SessionBooks {
  // The session's, since to readers of the log these lines are about it.
  private static final Logger log = LoggerFactory.getLogger(Session.class);

  private final int session;
  private final int device;
  private final boolean[] isLogged = new boolean[AbiViolation.ALL.size()];
  private RunLatencies pastLatencies = new RunLatencies();
  private RunTotals past = new RunTotals();
  private LastHeadroom lastHeadroom;

  /**
   * The headroom of the run before: a run may be shorter than the interval at which it is looked
   * at.
   *
   * @param windowNanos for how long it counts in full
   */
  public record LastHeadroom(Headroom last, long sinceNs, long windowNanos) {
    /** What it counts for now. */
    Headroom at(long nowNs) {
      long ageNs = nowNs - sinceNs;
      if (ageNs < windowNanos) {
        return last;
      }
      return ageNs < Headroom.WORST_NANOS ? last.ended() : Headroom.IDLE;
    }

    /** What it was in the last minute of the run, however long ago that is. */
    Headroom worst() {
      return last.ended();
    }

    LastHeadroom after(Run run, long nowNs) {
      return new LastHeadroom(run.headroom(), nowNs, windowNanos);
    }
  }

  /**
   * @param windowNanos for how long the headroom of a run that is over counts in full
   */
  SessionBooks(int session, int device, long windowNanos) {
    this.session = session;
    this.device = device;
    this.lastHeadroom = new LastHeadroom(Headroom.IDLE, 0, windowNanos);
  }

  /** Logs each new sort of violation once in the life of the session. */
  void logViolations(Run run) {
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

  /** Takes in a run that is settled, and logs it. */
  void close(Run settled, long nowNs, String reason) {
    RunTotals totals = settled.totals();
    RunLatencies latencies = new RunLatencies();
    settled.addLatencies(latencies);
    past = past.plus(totals);
    pastLatencies = new RunLatencies().add(pastLatencies).add(latencies);
    lastHeadroom = lastHeadroom.after(settled, nowNs);
    log(totals, latencies.refillOfAllKinds(), reason);
  }

  private void log(RunTotals totals, Histogram refillNanos, String reason) {
    AccountingLaw law = totals.law();
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
            law.missing(),
            law.salvaged(),
            law.inFlight(),
            law.unaccounted(),
            Quantities.formatNanos(refillNanos.getValueAtPercentile(50)),
            Quantities.formatNanos(refillNanos.getValueAtPercentile(99)),
            Quantities.formatNanos(refillNanos.getMaxValue()));
    if (law.missing() != 0 || law.unaccounted() != 0) {
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

  /**
   * All runs so far.
   *
   * @param present the run under way, as it was counted last; null if there is none
   */
  RunTotals totals(Run present) {
    return present == null ? past : past.plus(present.totals());
  }

  /** Of the runs that are over. */
  RunLatencies pastLatencies() {
    return pastLatencies;
  }

  /** Of the run that ended last. */
  LastHeadroom lastHeadroom() {
    return lastHeadroom;
  }
}
