package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.DropCause;
import dev.sluice.abi.Layout;
import dev.sluice.agent.Agent;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.NanoClock;
import dev.sluice.device.BufferState;
import dev.sluice.device.lane.DrainAgent;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.output.capture.LossReason;
import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.ArenaSnapshot;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.CaptureArchive;
import dev.sluice.service.CaptureSnapshot;
import dev.sluice.service.ConfigSnapshot;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.DropsSnapshot;
import dev.sluice.service.KindTotals;
import dev.sluice.service.LatencySnapshot;
import dev.sluice.service.QueueSnapshot;
import dev.sluice.service.SessionSnapshot;
import dev.sluice.service.StorageSnapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * What the daemon shows of itself: turns the engine's counters into the read model of the services.
 * Takes only locks that control threads and the janitor take, never one of an agent.
 */
final class DaemonStatus implements DaemonView {
  private final BuildInfo build;
  private final SessionManager sessions;
  private final ThreadPacking threads;
  private final Janitor janitor;
  private final AgentRunner janitorRunner;
  private final CaptureStore captures;
  private final AttachFailures attachFailures;
  private final NanoClock clock;
  private final Supplier<ConfigSnapshot> config;
  private volatile Set<Integer> configuredDevices = Set.of();
  private final Instant startedAt = Instant.now();
  private volatile String notReady = "starting";

  DaemonStatus(
      BuildInfo build,
      SessionManager sessions,
      ThreadPacking threads,
      Janitor janitor,
      AgentRunner janitorRunner,
      CaptureStore captures,
      AttachFailures attachFailures,
      Supplier<ConfigSnapshot> config,
      NanoClock clock) {
    this.build = build;
    this.sessions = sessions;
    this.threads = threads;
    this.janitor = janitor;
    this.janitorRunner = janitorRunner;
    this.captures = captures;
    this.attachFailures = attachFailures;
    this.clock = clock;
    this.config = config;
  }

  /** Devices that are shown even before their first session. Any thread. */
  void configuredDevices(Set<Integer> devices) {
    configuredDevices = devices;
  }

  /** Sets why the daemon cannot serve; empty when it can. */
  void setNotReady(String reason) {
    notReady = reason;
  }

  @Override
  public BuildInfo build() {
    return build;
  }

  @Override
  public Instant startedAt() {
    return startedAt;
  }

  @Override
  public List<SessionSnapshot> sessions() {
    return sessions.sessions().stream().map(DaemonStatus::snapshot).toList();
  }

  @Override
  public List<SessionSnapshot> recentSessions() {
    return sessions.endedSessions().stream().map(DaemonStatus::snapshot).toList();
  }

  @Override
  public List<String> notReadyReasons() {
    List<String> reasons = new ArrayList<>();
    if (!notReady.isEmpty()) {
      reasons.add(notReady);
    }
    for (AgentSnapshot agent : agents()) {
      if (!agent.healthy()) {
        reasons.add("agent " + agent.name() + " makes no progress");
      }
    }
    return reasons;
  }

  @Override
  public List<String> notices() {
    return sessions.sessions().stream()
        .flatMap(
            session ->
                Stream.of(session.notice(), session.capture().notice())
                    .filter(notice -> !notice.isEmpty())
                    .map(notice -> "session " + session.id() + ": " + notice))
        .toList();
  }

  @Override
  public Map<String, Long> attachFailures() {
    return attachFailures.byReason();
  }

  @Override
  public ConfigSnapshot config() {
    return config.get();
  }

  @Override
  public List<AgentSnapshot> agents() {
    long nowNs = clock.nanoTime();
    double nowSeconds = System.currentTimeMillis() / 1e3;
    Map<String, Long> oldest = new TreeMap<>();
    Set<String> broken = new HashSet<>();
    List<AgentRunner> runners = new ArrayList<>(threads.runners());
    runners.add(janitorRunner);
    for (AgentRunner runner : runners) {
      for (Agent agent : runner.agents()) {
        oldest.merge(agent.roleName(), nowNs - runner.lastCycleNs(), Math::max);
        if (runner.hasGivenUp(agent)) {
          broken.add(agent.roleName());
        }
      }
    }
    List<AgentSnapshot> snapshots = new ArrayList<>();
    oldest.forEach(
        (role, age) ->
            snapshots.add(
                new AgentSnapshot(
                    role,
                    nowSeconds - age / 1e9,
                    janitor.stalls(role),
                    age < Janitor.STALL_NANOS && !broken.contains(role))));
    return snapshots;
  }

  @Override
  public DropsSnapshot drops(int limit) {
    return sessions.drops().newest(limit);
  }

  @Override
  public StorageSnapshot storage() {
    CaptureTotals totals = captures.totals();
    Map<String, Long> lost = new LinkedHashMap<>();
    Map<String, Long> errors = new LinkedHashMap<>();
    for (LossReason reason : LossReason.ALL) {
      long records = 0;
      for (BufferKind kind : BufferKind.ALL) {
        records += totals.lost(kind, reason);
      }
      lost.put(reason.label(), records);
      errors.put(reason.label(), totals.errors(reason));
    }
    return new StorageSnapshot(
        totals.writtenBytes(), lost, errors, captures.retainedBytes(), captures.quotaBytes());
  }

  @Override
  public CaptureArchive archive() {
    return new StoredCaptures(captures);
  }

  @Override
  public List<DeviceSnapshot> devices() {
    Map<Integer, DeviceHistory> totals = new TreeMap<>(sessions.byDevice());
    configuredDevices.forEach(device -> totals.putIfAbsent(device, DeviceHistory.NONE));
    List<Session> open = sessions.sessions();
    List<Session> recent = new ArrayList<>(open);
    recent.addAll(sessions.endedSessions());
    List<DeviceSnapshot> devices = new ArrayList<>();
    Map<Integer, DeviceWatch.Down> down = sessions.watch().down();
    down.keySet().forEach(device -> totals.putIfAbsent(device, DeviceHistory.NONE));
    totals.forEach(
        (device, sum) ->
            devices.add(
                device(
                    device,
                    down.containsKey(device) ? down.get(device).cause() : "",
                    sum,
                    of(device, open),
                    of(device, recent))));
    return devices;
  }

  private static List<Session> of(int device, List<Session> sessions) {
    return sessions.stream().filter(session -> session.device() == device).toList();
  }

  private static DeviceSnapshot device(
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

  private static SessionSnapshot snapshot(Session session) {
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
            session.arenaBytes(),
            session.plan().bufferCount(),
            session.hasHugePages(),
            session.isLocked(),
            session.placement().label(),
            session.route(),
            session.notice()),
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

  /** The gauges of one or several running sessions. */
  private static final class LaneGauges {
    private final Map<Integer, long[]> queues = new TreeMap<>();
    private final long[] freeMin = new long[BufferKind.COUNT];
    private final long[] freeCapacity = new long[BufferKind.COUNT];
    private final long[][] states = new long[BufferKind.COUNT][BufferState.ALL.size()];
    private long handoff;
    private long handoffRoom;

    LaneGauges() {
      java.util.Arrays.fill(freeMin, Long.MAX_VALUE);
    }

    void add(SessionRun run) {
      Layout layout = run.plan().layout();
      for (DrainAgent drain : run.drains()) {
        for (int i = 0; i < drain.queueCount(); i++) {
          long[] gauge = queues.computeIfAbsent(drain.queue(i), queue -> new long[3]);
          gauge[0] += run.readyEntries(drain.queue(i));
          gauge[1] += layout.queueEntries() - 1;
          gauge[2] = Math.max(gauge[2], drain.fill().get(i, 0));
        }
      }
      int[] counted = new int[BufferState.ALL.size()];
      for (BufferKind kind : BufferKind.ALL) {
        int k = kind.ordinal();
        int target = Math.min(layout.pool().slotCount(), run.plan().quota(kind));
        if (run.plan().instances(kind) > 0) {
          freeCapacity[k] = Math.max(freeCapacity[k], target);
          freeMin[k] = Math.min(freeMin[k], run.refill().depth().get(k, target));
        }
        run.ledger().count(run.plan().firstBuffer(kind), run.plan().buffers(kind), counted);
        for (int state = 0; state < counted.length; state++) {
          states[k][state] += counted[state];
        }
      }
      handoff += run.handoffEntries();
      handoffRoom += run.handoffCapacity();
    }

    List<QueueSnapshot> readyQueues() {
      List<QueueSnapshot> snapshots = new ArrayList<>();
      queues.forEach(
          (queue, gauge) -> snapshots.add(new QueueSnapshot(queue, gauge[0], gauge[1], gauge[2])));
      return snapshots;
    }

    Map<String, DeviceSnapshot.FreeQueueSnapshot> freeQueues() {
      Map<String, DeviceSnapshot.FreeQueueSnapshot> snapshots = new LinkedHashMap<>();
      for (BufferKind kind : BufferKind.ALL) {
        int k = kind.ordinal();
        snapshots.put(
            kind.label(),
            new DeviceSnapshot.FreeQueueSnapshot(
                freeMin[k] == Long.MAX_VALUE ? 0 : freeMin[k], freeCapacity[k]));
      }
      return snapshots;
    }

    Map<String, Map<String, Long>> buffers() {
      Map<String, Map<String, Long>> byKind = new LinkedHashMap<>();
      for (BufferKind kind : BufferKind.ALL) {
        Map<String, Long> byState = new LinkedHashMap<>();
        for (BufferState state : BufferState.ALL) {
          byState.put(state.label(), states[kind.ordinal()][state.ordinal()]);
        }
        byKind.put(kind.label(), byState);
      }
      return byKind;
    }

    long handoffEntries() {
      return handoff;
    }

    long handoffCapacity() {
      return handoffRoom;
    }
  }
}
