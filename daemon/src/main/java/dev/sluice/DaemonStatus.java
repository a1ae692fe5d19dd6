package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.agent.Agent;
import dev.sluice.agent.AgentRunner;
import dev.sluice.agent.NanoClock;
import dev.sluice.output.capture.CaptureCatalog;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.output.capture.CaptureTotals;
import dev.sluice.output.capture.LossReason;
import dev.sluice.service.AgentSnapshot;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.BuildInfo;
import dev.sluice.service.CaptureArchive;
import dev.sluice.service.CaptureInUseException;
import dev.sluice.service.ConfigSnapshot;
import dev.sluice.service.DaemonView;
import dev.sluice.service.DeviceSnapshot;
import dev.sluice.service.DropsSnapshot;
import dev.sluice.service.RateHistory;
import dev.sluice.service.SessionInfo;
import dev.sluice.service.SessionSnapshot;
import dev.sluice.service.StorageSnapshot;
import dev.sluice.session.DeviceWatch;
import dev.sluice.session.DropLog;
import dev.sluice.session.Janitor;
import dev.sluice.session.Session;
import dev.sluice.session.Sessions;
import dev.sluice.session.run.RunTotals;
import dev.sluice.session.run.ThreadPacking;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The daemon's view of itself, read again for each request: sessions and devices from {@link
 * ReadModel}, agents and their health, storage, reasons for not being ready.
 *
 * <p>Any thread: scrapes, control requests and the service manager's notifier call it, some on
 * event loops. Never blocks: a session appears as its owner last published it.
 */
final class DaemonStatus implements DaemonView {
  private final BuildInfo build;
  private final Sessions sessions;
  private final ThreadPacking threads;
  private final Janitor janitor;
  private final AgentRunner janitorRunner;
  private final CaptureStore captures;
  private final AttachFailures attachFailures;
  private final NanoClock clock;
  private final Supplier<ConfigSnapshot> config;
  private final RateHistory history;
  private final Supplier<Optional<Instant>> lastCaptureLoss;
  private volatile Set<Integer> configuredDevices = Set.of();
  private final Instant startedAt = Instant.now();
  private volatile String notReady = "starting";

  DaemonStatus(
      BuildInfo build,
      Sessions sessions,
      ThreadPacking threads,
      Janitor janitor,
      AgentRunner janitorRunner,
      CaptureStore captures,
      AttachFailures attachFailures,
      Supplier<ConfigSnapshot> config,
      RateHistory history,
      Supplier<Optional<Instant>> lastCaptureLoss,
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
    this.history = history;
    this.lastCaptureLoss = lastCaptureLoss;
  }

  /** Sets the devices to show even before their first session. Any thread. */
  void configuredDevices(Set<Integer> devices) {
    configuredDevices = devices;
  }

  /** Sets the reason why the daemon cannot serve; empty if it can. */
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
    return shown(sessions.open());
  }

  @Override
  public List<SessionInfo> sessionInfos() {
    return sessions.open().stream().map(ReadModel::infoOf).toList();
  }

  @Override
  public List<SessionSnapshot> recentSessions() {
    return shown(sessions.ended());
  }

  private List<SessionSnapshot> shown(List<Session> some) {
    long nowNs = clock.nanoTime();
    return some.stream()
        .map(session -> ReadModel.of(session, history.latest(session.id()), nowNs))
        .toList();
  }

  @Override
  public List<String> notReadyReasons() {
    List<String> reasons = new ArrayList<>();
    if (!notReady.isEmpty()) {
      reasons.add(notReady);
    }
    for (AgentSnapshot agent : agents()) {
      if (!agent.healthy()) {
        reasons.add("agent " + agent.name() + " is stalled");
      }
    }
    return reasons;
  }

  @Override
  public List<String> notices() {
    return sessions.open().stream()
        .flatMap(
            session ->
                Stream.of(session.memory().notice(), session.capture().notice())
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
    List<ThreadPacking.Hosted> hosts = new ArrayList<>(threads.runners());
    hosts.add(new ThreadPacking.Hosted(janitorRunner, ThreadPacking.NO_DEVICE));
    for (ThreadPacking.Hosted host : hosts) {
      AgentRunner runner = host.runner();
      long ageNs = nowNs - runner.lastCycleNs();
      if (host.device() != ThreadPacking.NO_DEVICE && ageNs >= Janitor.STALL_NANOS) {
        continue; // a hung device is given up on its own and does not make the daemon unready
      }
      for (Agent agent : runner.agents()) {
        oldest.merge(agent.roleName(), ageNs, Math::max);
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
  public List<String> deviceTroubles() {
    List<String> troubles = new ArrayList<>();
    Map<Integer, DeviceWatch.Down> down = sessions.watch().down();
    down.forEach((device, why) -> troubles.add("device " + device + " is down: " + why.cause()));
    long nowNs = clock.nanoTime();
    Set<Integer> silent = new TreeSet<>();
    for (ThreadPacking.Hosted host : threads.runners()) {
      if (host.device() != ThreadPacking.NO_DEVICE
          && nowNs - host.runner().lastCycleNs() >= Janitor.STALL_NANOS) {
        silent.add(host.device());
      }
    }
    silent.removeAll(down.keySet());
    silent.forEach(
        device -> troubles.add("device " + device + " has not answered for more than a second"));
    return troubles;
  }

  @Override
  public int abandonedThreads() {
    return sessions.abandonedThreads();
  }

  @Override
  public DropsSnapshot drops(int limit) {
    DropLog.Newest newest = sessions.drops().newest(limit);
    return new DropsSnapshot(
        newest.total(), newest.kept(), newest.events().stream().map(ReadModel::of).toList());
  }

  @Override
  public List<RateHistory.Points> rateHistory() {
    return history.points();
  }

  @Override
  public Optional<Instant> lastCaptureLoss() {
    return lastCaptureLoss.get();
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
        totals.writtenBytes(),
        lost,
        errors,
        captures.retentionFailures(),
        captures.retainedBytes(),
        captures.quotaBytes(),
        captures.writing(),
        captures.refusal());
  }

  @Override
  public CaptureArchive archive() {
    return new StoredCaptures(captures);
  }

  @Override
  public List<DeviceSnapshot> devices() {
    long nowNs = clock.nanoTime();
    Map<Integer, RunTotals> totals = new TreeMap<>(sessions.byDevice());
    configuredDevices.forEach(device -> totals.putIfAbsent(device, new RunTotals()));
    List<Session> open = sessions.open();
    List<Session> recent = new ArrayList<>(open);
    recent.addAll(sessions.ended());
    List<DeviceSnapshot> devices = new ArrayList<>();
    Map<Integer, DeviceWatch.Down> down = sessions.watch().down();
    down.keySet().forEach(device -> totals.putIfAbsent(device, new RunTotals()));
    totals.forEach(
        (device, sum) ->
            devices.add(
                ReadModel.of(
                    device,
                    down.containsKey(device) ? down.get(device).cause() : "",
                    sum,
                    of(device, open),
                    of(device, recent),
                    nowNs)));
    return devices;
  }

  private static List<Session> of(int device, List<Session> sessions) {
    return sessions.stream().filter(session -> session.device() == device).toList();
  }

  /** The captures in this daemon's directory, for its HTTP servers. */
  private static final class StoredCaptures implements CaptureArchive {
    private final CaptureStore store;

    StoredCaptures(CaptureStore store) {
      this.store = store;
    }

    @Override
    public Listing newest(int limit) throws IOException {
      CaptureCatalog.Newest newest = CaptureCatalog.newest(store.directory(), limit);
      return new Listing(
          newest.total(), newest.entries().stream().map(StoredCaptures::entry).toList());
    }

    private static Entry entry(CaptureCatalog.Entry entry) {
      return new Entry(
          entry.name(),
          entry.layout(),
          entry.device(),
          entry.producer(),
          entry.state(),
          entry.startedAt(),
          entry.endedAt(),
          entry.capturedRecords(),
          entry.droppedRecords(),
          entry.lostRecords(),
          entry.bytes(),
          entry.segments());
    }

    @Override
    public InputStream download(String name) throws IOException {
      // Matched against the directory listing, never turned into a path.
      Path directory =
          CaptureCatalog.find(store.directory(), name)
              .orElseThrow(
                  () ->
                      new FileNotFoundException("no capture has this name; see /api/v1/captures"));
      if (store.isOpen(directory)) {
        throw new CaptureInUseException(
            name
                + " is still being written; take a snapshot (POST /v1/snapshot) and download that,"
                + " or wait until it ends");
      }
      return store.download(directory);
    }
  }
}
