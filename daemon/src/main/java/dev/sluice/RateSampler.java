package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.agent.Agent;
import dev.sluice.agent.NanoClock;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.LossReason;
import dev.sluice.service.RateHistory;
import dev.sluice.session.Session;
import dev.sluice.session.Sessions;
import dev.sluice.session.run.RunTotals;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads the counters of the open sessions once a second and keeps their rates. Runs after the
 * janitor on the same thread, so the counters are fresh.
 */
final class RateSampler implements Agent {
  private final Sessions sessions;
  private final CaptureStore captures;
  private final RateHistory history;
  private final NanoClock clock;
  private long capturesLost;
  private volatile Optional<Instant> lastCaptureLoss = Optional.empty();

  RateSampler(Sessions sessions, CaptureStore captures, RateHistory history, NanoClock clock) {
    this.sessions = sessions;
    this.captures = captures;
    this.history = history;
    this.clock = clock;
  }

  @Override
  public String roleName() {
    return "janitor"; // runs as part of the janitor's cycle
  }

  @Override
  public int doWork() {
    long nowNs = clock.nanoTime();
    if (history.isDue(nowNs)) {
      List<RateHistory.Reading> readings = new ArrayList<>();
      for (Session session : sessions.open()) {
        readings.add(reading(session.id(), session.view().totals()));
      }
      history.add(readings, nowNs);
      noteCaptureLoss();
    }
    return 0;
  }

  private static RateHistory.Reading reading(int session, RunTotals totals) {
    long bytes = 0;
    long dropped = 0;
    for (BufferKind kind : BufferKind.ALL) {
      bytes += totals.collectedBytes(kind);
      dropped += Arrays.stream(totals.drops[kind.ordinal()]).sum();
    }
    return new RateHistory.Reading(
        session,
        bytes,
        dropped,
        Arrays.stream(totals.tasks).boxed().toList(),
        Arrays.stream(totals.busyNanos).boxed().toList());
  }

  private void noteCaptureLoss() {
    long lost = 0;
    var totals = captures.totals();
    for (LossReason reason : LossReason.ALL) {
      for (BufferKind kind : BufferKind.ALL) {
        lost += totals.lost(kind, reason);
      }
    }
    if (lost > capturesLost) {
      lastCaptureLoss = Optional.of(Instant.now());
    }
    capturesLost = lost;
  }

  /** Returns when a capture last lost records. Any thread. */
  Optional<Instant> lastCaptureLoss() {
    return lastCaptureLoss;
  }
}
