package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.WireFact;
import dev.sluice.device.BufferState;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.service.ArenaSnapshot;
import dev.sluice.service.CaptureSnapshot;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.DropEventSnapshot;
import dev.sluice.service.KindTotals;
import dev.sluice.service.LatencySnapshot;
import dev.sluice.service.QueueSnapshot;
import dev.sluice.service.SessionInfo;
import dev.sluice.service.SessionRates;
import dev.sluice.service.SessionSnapshot;
import dev.sluice.service.TaskTotals;
import dev.sluice.session.DropLog;
import dev.sluice.session.Session;
import dev.sluice.session.SessionView;
import dev.sluice.session.run.DropEvent;
import dev.sluice.session.run.RunTotals;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * The read model of the services: converts the engine's counters of a session or a device to the
 * terms of the API, with every kind, cause and reason present even at 0. Durations are in seconds,
 * except in the histograms of a device, which stay in nanoseconds.
 *
 * <p>Any thread; never blocks. A session appears as its owner last published it: one consistent
 * state, at most one janitor cycle old.
 */
final class ReadModel {
  private ReadModel() {}

  /**
   * Returns the snapshot of one device.
   *
   * @param downCause why the device cannot be used; empty if it can
   * @param history totals of all its sessions so far, including open ones
   * @param open its open sessions
   * @param recent its open and recently ended sessions
   */
  static DeviceSnapshot of(
      int device,
      String downCause,
      RunTotals history,
      List<Session> open,
      List<Session> recent,
      long nowNs) {
    Map<String, Histogram> refill = new LinkedHashMap<>();
    for (BufferKind kind : history.kinds()) {
      refill.put(kind.label(), history.latencies.refill[kind.ordinal()]);
    }
    return new DeviceSnapshot(
        device,
        downCause,
        open.size(),
        kinds(history),
        queues(history),
        freeQueues(history),
        buffers(history),
        refill,
        history.latencies.drainPause,
        Map.of(
            "push",
            new DeviceSnapshot.StallTotals(history.pushStalls, history.pushStallNanos / 1e9),
            "pop",
            new DeviceSnapshot.StallTotals(history.popStalls, history.popStallNanos / 1e9)),
        history.handoffEntries,
        history.handoffCapacity,
        history.longestEmptyNanos / 1e9,
        violations(history),
        tasks(history, open),
        recent.stream()
            .map(session -> session.view().headroomAt(nowNs))
            .reduce(Headroom.IDLE, Headroom::nearerOf));
  }

  /** Returns the snapshot of one session. */
  static SessionSnapshot of(Session session, SessionRates rates, long nowNs) {
    SessionView view = session.view();
    RunTotals totals = view.totalsWithLatencies();
    Layout layout = session.geometry().layout();
    return new SessionSnapshot(
        session.id(),
        session.device(),
        session.request().name(),
        layout.id(),
        runtime(layout),
        session.geometry().level(),
        session.geometry().numCores(),
        session.geometry().schedThreads(),
        view.name(),
        session.startedAt(),
        session.durationSeconds(),
        kinds(totals),
        violations(totals),
        totals.syntheticVerified,
        totals.syntheticMismatched,
        (totals.pushStallNanos + totals.popStallNanos) / 1e9,
        LatencySnapshot.of(totals.latencies.refillOfAllKinds()),
        LatencySnapshot.of(totals.latencies.drainPause),
        new ArenaSnapshot(
            session.memory().bytes(),
            session.memory().plan().bufferCount(),
            session.memory().hasHugePages(),
            session.memory().isLocked(),
            session.memory().placement().label(),
            session.memory().handover().route(),
            session.memory().notice()),
        queues(totals),
        view.headroomToShow(nowNs),
        tasks(totals, List.of(session)),
        rates,
        capture(session, view),
        view.runs(),
        view.lastRun());
  }

  /** Returns the facts of a session that never change. */
  static SessionInfo infoOf(Session session) {
    Layout layout = session.geometry().layout();
    return new SessionInfo(
        session.id(), session.device(), session.request().name(), layout.id(), runtime(layout));
  }

  private static String runtime(Layout layout) {
    String name = layout.facts().valueName(WireFact.PHASE_KINDS);
    return PhaseNumbering.RUNTIMES.contains(name) ? name : "";
  }

  private static Map<String, TaskTotals> tasks(RunTotals totals, List<Session> of) {
    Map<String, TaskTotals> tasks = new LinkedHashMap<>();
    for (int type = 0; type < Geometry.CORE_TYPES.size(); type++) {
      int cores = 0;
      for (Session session : of) {
        cores += session.geometry().cores(type);
      }
      tasks.put(
          Geometry.CORE_TYPES.get(type),
          new TaskTotals(
              cores,
              totals.tasks[type],
              totals.busyNanos[type] / 1e9,
              totals.latencies.taskDurations[type],
              totals.latencies.taskDispatch[type]));
    }
    return tasks;
  }

  private static List<QueueSnapshot> queues(RunTotals totals) {
    List<QueueSnapshot> queues = new ArrayList<>();
    totals.readyQueues.forEach(
        (number, queue) ->
            queues.add(
                new QueueSnapshot(number, queue.entries(), queue.capacity(), queue.highest())));
    return queues;
  }

  private static Map<String, DeviceSnapshot.FreeQueueSnapshot> freeQueues(RunTotals totals) {
    Map<String, DeviceSnapshot.FreeQueueSnapshot> queues = new LinkedHashMap<>();
    for (BufferKind kind : totals.kinds()) {
      queues.put(
          kind.label(),
          new DeviceSnapshot.FreeQueueSnapshot(
              totals.freeMin(kind), totals.freeCapacity[kind.ordinal()]));
    }
    return queues;
  }

  private static Map<String, Map<String, Long>> buffers(RunTotals totals) {
    Map<String, Map<String, Long>> byKind = new LinkedHashMap<>();
    for (BufferKind kind : totals.kinds()) {
      Map<String, Long> byState = new LinkedHashMap<>();
      for (BufferState state : BufferState.ALL) {
        byState.put(state.label(), totals.buffers[kind.ordinal()][state.ordinal()]);
      }
      byKind.put(kind.label(), byState);
    }
    return byKind;
  }

  /** Returns the snapshot of one drop event. */
  static DropEventSnapshot of(DropLog.Entry entry) {
    DropEvent event = entry.event();
    DropEvent.Queues queues = event.queues();
    return new DropEventSnapshot(
        Instant.ofEpochMilli(event.timeMillis()),
        entry.device(),
        entry.session(),
        event.kind().label(),
        event.instance(),
        event.queue(),
        event.cause().label(),
        event.ceiling().label(),
        event.records(),
        queues.freeEntries(),
        queues.spareBuffers(),
        queues.undrainedBuffers(),
        queues.collectingBuffers(),
        queues.readyEntries(),
        queues.handoffEntries(),
        event.latenessNanos() / 1e9,
        event.pauseNanos() / 1e9);
  }

  private static Optional<CaptureSnapshot> capture(Session session, SessionView view) {
    if (view.capture().isEmpty()) {
      return Optional.empty();
    }
    CaptureTotals totals = view.capture().get();
    Map<String, CaptureSnapshot.KindCapture> kinds = new LinkedHashMap<>();
    for (BufferKind kind : view.totals().kinds()) {
      kinds.put(
          kind.label(),
          new CaptureSnapshot.KindCapture(
              totals.captured(kind), totals.staged(kind), totals.lostByReason(kind)));
    }
    return session
        .capture()
        .directory()
        .map(directory -> new CaptureSnapshot(directory.toString(), totals.writtenBytes(), kinds));
  }

  private static Map<String, KindTotals> kinds(RunTotals totals) {
    Map<String, KindTotals> kinds = new LinkedHashMap<>();
    for (BufferKind kind : totals.kinds()) {
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
              law.neverStarted(),
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
