package dev.sluice.session;

import dev.sluice.abi.RunId;
import dev.sluice.headroom.Headroom;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunTotals;
import java.util.Locale;
import java.util.Optional;

/**
 * A session at one moment, as its owner published it. Immutable; a reader waits for nothing.
 *
 * @param isLost its connection is
 * @param ending how it ended; empty while it is open
 * @param endedNs when, by the daemon's clock; 0 while it is open
 * @param totals all runs so far, the present one included
 * @param present the run under way, of which only what any thread may read is read
 * @param headroom of the runs
 * @param capture what was captured, read at the same moment as the totals
 * @param runs how many have begun
 * @param lastRun what the client said of the last of them
 */
public record SessionView(
    State state,
    boolean isLost,
    String ending,
    long endedNs,
    RunTotals totals,
    Optional<Run> present,
    LastHeadroom headroom,
    Optional<CaptureTotals> capture,
    int runs,
    RunId lastRun) {

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

  /** Where a session stands. One after the other; it may run and settle several times. */
  public enum State {
    /** The arena is granted, no run has begun. */
    ATTACHED,
    /** A run is being prepared. */
    STARTING,
    /** The device may run; agents work. */
    RUNNING,
    /** A run is being drained, salvaged and counted, which can take as long as a disk does. */
    SETTLING,
    /** A run has ended, its books are settled, another may begin. */
    SETTLED,
    /** Over; the arena is gone, the capture is still written. */
    CLOSING,
    /** Over. */
    ENDED,
    /** Given up: a thread did not come back from a call. Its memory stays as it is. */
    FAILED;

    /** Whether nothing more can be asked of it. */
    public boolean isOver() {
      return this == CLOSING || this == ENDED || this == FAILED;
    }
  }

  /** For people and scripts. */
  public String name() {
    String name = state.name().toLowerCase(Locale.ROOT);
    if (state.isOver()) {
      return name + " (" + ending + ")";
    }
    return isLost ? name + " (connection lost)" : name;
  }

  /** As {@link #totals}, with the latencies of the present run. */
  public RunTotals totalsWithLatencies() {
    RunTotals all = new RunTotals().plus(totals);
    present.ifPresent(run -> all.add(run.latencies()));
    return all;
  }

  /** Of the run under way, and of the one before as long as that lies within the windows. */
  public Headroom headroomAt(long nowNs) {
    Headroom last = headroom.at(nowNs);
    return present.map(run -> run.headroom().nearerOf(last)).orElse(last);
  }

  /** As {@link #headroomAt}; of a session that is over, what it was in its last minute. */
  public Headroom headroomToShow(long nowNs) {
    return state.isOver() ? headroomAt(nowNs).nearerOf(headroom.worst()) : headroomAt(nowNs);
  }

  /** As it was, and given up for a cause. */
  SessionView failed(String cause, long nowNs) {
    return new SessionView(
        State.FAILED,
        isLost,
        cause,
        nowNs,
        totalsWithLatencies().ended(),
        Optional.empty(),
        present.map(run -> headroom.after(run, nowNs)).orElse(headroom),
        capture,
        runs,
        lastRun);
  }
}
