package dev.sluice.session;

import dev.sluice.abi.RunId;
import dev.sluice.headroom.Headroom;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunTotals;
import java.util.Locale;
import java.util.Optional;

/**
 * Immutable snapshot of a session, published by its owner. Readers never wait.
 *
 * @param isLost whether its connection is lost
 * @param ending why it ended; empty while it is open
 * @param endedNs when, by the daemon's clock; 0 while it is open
 * @param totals of all runs, including the one under way
 * @param present the run under way; use only its methods for any thread
 * @param headroom of the last finished run
 * @param capture totals of the capture, read together with {@code totals}
 * @param runs number of runs begun
 * @param lastRun the client's identification of the latest run
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
   * Headroom of the previous run, kept because a run may be shorter than the polling interval.
   *
   * @param windowNanos how long it counts in full
   */
  public record LastHeadroom(Headroom last, long sinceNs, long windowNanos) {
    /** Returns the headroom aged to this time. */
    Headroom at(long nowNs) {
      long ageNs = nowNs - sinceNs;
      if (ageNs < windowNanos) {
        return last;
      }
      return ageNs < Headroom.WORST_NANOS ? last.ended() : Headroom.IDLE;
    }

    /** Returns the worst headroom of the last minute of the run, regardless of its age. */
    Headroom worst() {
      return last.ended();
    }

    LastHeadroom after(Run run, long nowNs) {
      return new LastHeadroom(run.headroom(), nowNs, windowNanos);
    }
  }

  /** States of a session. Runs may repeat RUNNING to SETTLED. */
  public enum State {
    /** The arena is granted; no run has begun. */
    ATTACHED,
    /** A run is being prepared. */
    STARTING,
    /** The device may run; the agents are active. */
    RUNNING,
    /** A run is being drained, salvaged and counted; may take as long as a disk does. */
    SETTLING,
    /** A run has ended and its books are settled; another may begin. */
    SETTLED,
    /** Over: the arena is closed, the capture is still being written. */
    CLOSING,
    /** Over. */
    ENDED,
    /** Given up: a thread did not return from a call. The memory stays as it is. */
    FAILED;

    /** Whether the session accepts no more requests. */
    public boolean isOver() {
      return this == CLOSING || this == ENDED || this == FAILED;
    }
  }

  /** Returns the display name of the state, for people and scripts. */
  public String name() {
    String name = state.name().toLowerCase(Locale.ROOT);
    if (state.isOver()) {
      return name + " (" + ending + ")";
    }
    return isLost ? name + " (connection lost)" : name;
  }

  /** Returns {@link #totals} including the latencies of the run under way. */
  public RunTotals totalsWithLatencies() {
    RunTotals all = new RunTotals().plus(totals);
    present.ifPresent(run -> all.add(run.latencies()));
    return all;
  }

  /**
   * Returns the nearer headroom of the run under way and of the previous one, while that counts.
   */
  public Headroom headroomAt(long nowNs) {
    Headroom last = headroom.at(nowNs);
    return present.map(run -> run.headroom().nearerOf(last)).orElse(last);
  }

  /** Like {@link #headroomAt}; for a session that is over, includes its last minute. */
  public Headroom headroomToShow(long nowNs) {
    return state.isOver() ? headroomAt(nowNs).nearerOf(headroom.worst()) : headroomAt(nowNs);
  }

  /** Returns this view as given up for a cause. */
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
