package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Layout;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.service.ArenaSnapshot;
import dev.sluice.service.CaptureSnapshot;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.KindTotals;
import dev.sluice.service.LatencySnapshot;
import dev.sluice.service.SessionSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * The read model of the services: a session or a device, as the engine's counters have it, in the
 * words of the API, with every kind, cause and reason present even at 0. Durations become seconds,
 * but for the histograms of a device, which stay in nanoseconds.
 *
 * <p>Any thread. Takes a session's lock for one question at a time, so the parts of a snapshot are
 * not of one moment, and readers rely on the order of the questions.
 */
final class ReadModel {
  private ReadModel() {}

  /**
   * One device.
   *
   * @param downCause why it cannot be used; empty if it can
   * @param history of all its sessions so far, the open ones included
   * @param open its open sessions
   * @param recent these, and those that ended lately
   */
  static DeviceSnapshot of(
      int device,
      String downCause,
      DeviceHistory history,
      List<Session> open,
      List<Session> recent) {
    RunTotals sum = history.totals();
    LaneGauges gauges = new LaneGauges();
    for (Session session : open) {
      session.withRun(gauges::add);
    }
    Map<String, Histogram> refill = new LinkedHashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      refill.put(kind.label(), history.latencies().refill[kind.ordinal()]);
    }
    return new DeviceSnapshot(
        device,
        downCause,
        open.size(),
        kinds(sum),
        gauges.readyQueues(),
        gauges.freeQueues(),
        gauges.buffers(),
        refill,
        history.latencies().drainPause,
        Map.of(
            "push",
            new DeviceSnapshot.StallTotals(sum.pushStalls, sum.pushStallNanos / 1e9),
            "pop",
            new DeviceSnapshot.StallTotals(sum.popStalls, sum.popStallNanos / 1e9)),
        gauges.handoffEntries(),
        gauges.handoffCapacity(),
        violations(sum),
        recent.stream().map(Session::headroom).reduce(Headroom.IDLE, Headroom::nearerOf));
  }

  /** One session. */
  static SessionSnapshot of(Session session) {
    // Before the totals: who reads that a session has ended must find its settled books.
    String state = session.stateName();
    RunTotals totals = session.totals();
    RunLatencies latencies = session.latencies();
    LaneGauges gauges = new LaneGauges();
    session.withRun(gauges::add);
    Layout layout = session.geometry().layout();
    return new SessionSnapshot(
        session.id(),
        session.device(),
        session.request().name(),
        layout.id(),
        session.geometry().level(),
        session.geometry().numCores(),
        session.geometry().schedThreads(),
        state,
        session.startedAt(),
        session.durationSeconds(),
        kinds(totals),
        violations(totals),
        totals.syntheticVerified,
        totals.syntheticMismatched,
        (totals.pushStallNanos + totals.popStallNanos) / 1e9,
        LatencySnapshot.of(latencies.refillOfAllKinds()),
        LatencySnapshot.of(latencies.drainPause),
        new ArenaSnapshot(
            session.memory().bytes(),
            session.memory().plan().bufferCount(),
            session.memory().hasHugePages(),
            session.memory().isLocked(),
            session.memory().placement().label(),
            session.memory().route(),
            session.memory().notice()),
        gauges.readyQueues(),
        session.headroomToShow(),
        capture(session.capture()));
  }

  private static Optional<CaptureSnapshot> capture(SessionCapture capture) {
    Optional<CaptureTotals> counted = capture.totals();
    if (counted.isEmpty()) {
      return Optional.empty();
    }
    CaptureTotals totals = counted.get();
    Map<String, CaptureSnapshot.KindCapture> kinds = new LinkedHashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      kinds.put(
          kind.label(),
          new CaptureSnapshot.KindCapture(
              totals.captured(kind), totals.staged(kind), totals.lostByReason(kind)));
    }
    return capture
        .directory()
        .map(directory -> new CaptureSnapshot(directory.toString(), totals.writtenBytes(), kinds));
  }

  private static Map<String, KindTotals> kinds(RunTotals totals) {
    Map<String, KindTotals> kinds = new LinkedHashMap<>();
    for (BufferKind kind : BufferKind.ALL) {
      AccountingLaw law = totals.laws[kind.ordinal()];
      Map<String, Long> dropped = new LinkedHashMap<>();
      for (DropCause cause : DropCause.ALL) {
        dropped.put(cause.label(), totals.drops[kind.ordinal()][cause.ordinal()]);
      }
      kinds.put(
          kind.label(),
          new KindTotals(
              law.produced(),
              law.collected(),
              totals.collectedBytes(kind),
              dropped,
              law.salvaged(),
              law.unaccounted(),
              law.inFlight()));
    }
    return kinds;
  }

  private static Map<String, Long> violations(RunTotals totals) {
    Map<String, Long> violations = new LinkedHashMap<>();
    for (AbiViolation violation : AbiViolation.ALL) {
      violations.put(violation.label(), totals.violations[violation.ordinal()]);
    }
    return violations;
  }
}
