package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Generation;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.Platform;
import dev.sluice.agent.NanoClock;
import dev.sluice.config.ArenaSettings;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.ControlActions;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.SessionBroker;
import dev.sluice.service.Started;
import dev.sluice.service.Token;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes, finds and ends sessions. The slow work (reserving memory, settling books) runs on threads
 * of its own, so that neither a socket nor a lane ever waits for it.
 */
final class SessionManager implements SessionBroker, ControlActions, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SessionManager.class);
  private static final int KEPT_ENDED = 64;
  private static final int NO_DEVICE = -1;

  private volatile Settings settings;
  private final ThreadPacking threads;
  private final CaptureStore captures;
  private final SessionCapture.Maker captureMaker;
  private final DropLog drops;
  private final NanoClock clock;
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger lastId = new AtomicInteger();
  private final DeviceWorkers workers = new DeviceWorkers();
  private final DeviceWatch watch;
  // Guarded by this: who is open, who has ended, and what the ended ones add to their device.
  private final Map<Token, Session> open = new LinkedHashMap<>();
  private final Deque<Session> ended = new ArrayDeque<>();
  private final List<Session> withLeftMemory = new ArrayList<>();
  private final Set<Session> ending = new HashSet<>();
  private final Map<Integer, DeviceHistory> history = new LinkedHashMap<>();
  private int attaching;
  private boolean isStopping;
  private volatile Consumer<Token> revoked = token -> {};

  /**
   * @param sluiceVersion goes into captures
   */
  SessionManager(
      Settings settings,
      ThreadPacking threads,
      CaptureStore captures,
      String sluiceVersion,
      NanoClock clock) {
    this.settings = settings;
    this.threads = threads;
    this.captures = captures;
    this.captureMaker =
        new SessionCapture.Maker(captures, sluiceVersion, settings.collector().shards());
    this.drops = new DropLog(settings.drops().keptEvents());
    this.clock = clock;
    this.watch =
        new DeviceWatch(
            settings.placement(), settings.cann(), System.getenv(), this::releaseBeforeUp, clock);
  }

  /** For sessions that attach from now on. Any thread. */
  void apply(Settings next) {
    settings = next;
  }

  @Override
  public CompletionStage<Granted> attach(AttachRequest request, PeerCredentials peer) {
    return workers.later(request.device(), () -> attachNow(request, peer));
  }

  @Override
  public CompletionStage<Started> start(Token token, long deviceBase) {
    return later(
        token,
        session -> {
          session.start(deviceBase);
          return new Started(session.id());
        });
  }

  @Override
  public CompletionStage<Books> runEnd(Token token) {
    return later(token, Session::runEnd);
  }

  @Override
  public CompletionStage<Books> detach(Token token) {
    return later(token, session -> end(session, RunEnd.COMPLETE, "detached"));
  }

  @Override
  public CompletionStage<Books> detachLost(Token token, String reason) {
    return later(token, session -> end(session, RunEnd.MEMORY_LOST, "device lost: " + reason));
  }

  @Override
  public CompletionStage<Granted> resume(Token token, PeerCredentials peer) {
    return later(
        token,
        session -> {
          session.resumed(peer);
          return session.granted();
        });
  }

  @Override
  public void connectionLost(Token token, PeerCredentials peer) {
    later(
        token,
        session -> {
          log.info("session {} lost its connection to {}", session.id(), peer);
          session.connectionLost();
          return session;
        });
  }

  @Override
  public void onRevoked(Consumer<Token> listener) {
    revoked = listener;
  }

  @Override
  public CompletionStage<Books> detachSession(int id) {
    Optional<Session> found =
        sessions().stream().filter(candidate -> candidate.id() == id).findFirst();
    if (found.isEmpty()) {
      return CompletableFuture.failedFuture(
          new AttachRefusedException(AttachStatus.STATE, "no open session has number " + id));
    }
    Session session = found.get();
    return workers.later(session.device(), () -> endUnasked(session, "detached by the operator"));
  }

  @Override
  public CompletionStage<List<String>> snapshot(String reason) {
    return workers.later(
        NO_DEVICE, () -> captures.snapshot(reason).stream().map(Path::toString).toList());
  }

  /** Runs the work on a thread of the session's device; the token is looked up there, too. */
  private <T> CompletionStage<T> later(Token token, Function<Session, T> work) {
    return workers.later(deviceOf(token), () -> work.apply(find(token)));
  }

  private synchronized int deviceOf(Token token) {
    Session session = open.get(token);
    return session == null ? NO_DEVICE : session.device();
  }

  private Granted attachNow(AttachRequest request, PeerCredentials peer) {
    // Once: a reload meanwhile is for the next one.
    Settings current = settings.ofDevice(request.device());
    if (!current.devices().allows(request.device())) {
      throw new AttachRefusedException(
          AttachStatus.DEVICE, "device " + request.device() + " is not in sluice.devices");
    }
    watch
        .down(request.device())
        .ifPresent(
            down -> {
              throw new AttachRefusedException(
                  AttachStatus.DEVICE_DOWN,
                  "device " + request.device() + " is down, try again later: " + down.cause());
            });
    Geometry geometry = geometry(request);
    ArenaPlan plan = plan(geometry, request, current.arena());
    reservePlace(current.attach().maxSessions());
    try {
      int id = lastId.incrementAndGet();
      Arena arena = ArenaChoice.make(plan, id, request, peer, current, watch::permissionProblem);
      Token token = Token.random(random);
      Session session =
          new Session(
              id, token, request, arena, peer, current, threads, captureMaker, drops, clock);
      synchronized (this) {
        if (isStopping) {
          arena.close();
          throw new AttachRefusedException(AttachStatus.STOPPING, "the daemon is stopping");
        }
        open.put(token, session);
        history.putIfAbsent(request.device(), DeviceHistory.NONE);
      }
      log.info(
          "session {} device {} attached by {} ({}): arena {} bytes{}",
          id,
          request.device(),
          request.name(),
          peer,
          session.arenaBytes(),
          arena.notice().isEmpty() ? "" : "; " + arena.notice());
      return session.granted();
    } finally {
      releasePlace();
    }
  }

  private synchronized void reservePlace(int maxSessions) {
    if (isStopping) {
      throw new AttachRefusedException(AttachStatus.STOPPING, "the daemon is stopping");
    }
    if (open.size() + attaching >= maxSessions) {
      throw new AttachRefusedException(
          AttachStatus.BUSY, "sluice.attach.max-sessions is " + maxSessions);
    }
    attaching++;
  }

  private synchronized void releasePlace() {
    attaching--;
  }

  private static Geometry geometry(AttachRequest request) {
    Generation generation = Generation.ofWireNumber(request.generation());
    Platform platform = Platform.ofWireNumber(request.platform());
    if (generation == null || platform == null) {
      throw new AttachRefusedException(
          AttachStatus.LAYOUT,
          "no layout has generation " + request.generation() + ", platform " + request.platform());
    }
    List<Integer> records = request.overrides().bufferRecords();
    Layout layout;
    try {
      layout =
          Layout.of(
              generation,
              platform,
              new LayoutOverrides(
                  request.overrides().slotCount(),
                  request.overrides().readyQueueEntries(),
                  records.get(BufferKind.AICPU_TASK.ordinal()),
                  records.get(BufferKind.SCHED_PHASE.ordinal()),
                  records.get(BufferKind.ORCH_PHASE.ordinal()),
                  records.get(BufferKind.AICORE_TASK.ordinal())));
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.LAYOUT, e.getMessage());
    }
    try {
      return new Geometry(
          layout,
          request.numCores(),
          request.schedThreads(),
          request.orchThreads(),
          request.level());
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.GEOMETRY, e.getMessage());
    }
  }

  private static ArenaPlan plan(Geometry geometry, AttachRequest request, ArenaSettings settings) {
    List<Integer> asked = request.overrides().buffersPerInstance();
    BufferCounts configured = settings.buffers();
    BufferCounts counts =
        new BufferCounts(
            first(asked.get(0), configured.aicpuTask()),
            first(asked.get(1), configured.schedPhase()),
            first(asked.get(2), configured.orchPhase()),
            first(asked.get(3), configured.aicoreTask()));
    try {
      return ArenaPlan.of(geometry, counts, settings.bytes());
    } catch (ArenaRefusedException e) {
      throw new AttachRefusedException(AttachStatus.ARENA, e.getMessage());
    }
  }

  private static int first(int asked, int configured) {
    return asked != 0 ? asked : configured;
  }

  private synchronized Session find(Token token) {
    Session session = open.get(token);
    if (session == null) {
      throw new AttachRefusedException(AttachStatus.TOKEN, "no open session has this token");
    }
    return session;
  }

  private Books end(Session session, RunEnd how, String reason) {
    Books books = session.end(how, reason);
    // Without the session's lock: status and metrics must not wait for a disk.
    session.endCapture();
    session.captureEnded();
    synchronized (this) {
      open.remove(session.token());
      ended.addFirst(session);
      history.merge(session.device(), DeviceHistory.of(session), DeviceHistory::plus);
      if (session.hasLeftMemory()) {
        withLeftMemory.add(session);
      }
      if (ended.size() > KEPT_ENDED) {
        ended.removeLast();
      }
    }
    return books;
  }

  /**
   * Ends sessions whose producer is gone or whose device has failed. Janitor; the work itself is
   * done elsewhere.
   */
  void endLost() {
    for (Session session : withLeftMemory()) {
      if (session.isLeftMemoryFree() && watch.down(session.device()).isEmpty()) {
        once(session, () -> release(session));
      }
    }
    List<Session> all = sessions();
    watch.check(all);
    for (Session session : all) {
      String failure = session.deviceFailure();
      if (!failure.isEmpty()) {
        watch.failed(session.device(), failure);
      }
      session.reasonToEnd().ifPresent(reason -> once(session, () -> endUnasked(session, reason)));
    }
  }

  /**
   * A device that failed answers again: what its ended sessions left is given back before anybody
   * gets new memory of it, perhaps at the same addresses.
   */
  private void releaseBeforeUp(int device) {
    for (Session session : withLeftMemory()) {
      if (session.device() == device && session.isLeftMemoryFree()) {
        release(session);
      }
    }
  }

  /** On a thread of the session's device, unless that is doing the like already. */
  private void once(Session session, Runnable work) {
    synchronized (this) {
      if (!ending.add(session)) {
        return;
      }
    }
    workers.later(
        session.device(),
        () -> {
          try {
            work.run();
          } finally {
            synchronized (this) {
              ending.remove(session);
            }
          }
          return session;
        });
  }

  /**
   * Ends a session over its client's head. Only what a dead device holds can be recovered; a living
   * one may be writing to it this moment, so there it stays in flight.
   */
  private Books endUnasked(Session session, String reason) {
    boolean hasDied = session.hasProducerDied();
    Books books = end(session, hasDied ? session.endOfDeadProducer() : RunEnd.NOT_YET, reason);
    revoked.accept(session.token());
    return books;
  }

  private synchronized List<Session> withLeftMemory() {
    return new ArrayList<>(withLeftMemory);
  }

  private void release(Session session) {
    synchronized (this) {
      if (!withLeftMemory.remove(session)) {
        return;
      }
    }
    session.releaseLeftMemory();
  }

  /** Which devices can be used. */
  DeviceWatch watch() {
    return watch;
  }

  /** The last drops of all sessions. */
  DropLog drops() {
    return drops;
  }

  /** Open sessions, oldest first. */
  synchronized List<Session> sessions() {
    return new ArrayList<>(open.values());
  }

  /** Ended sessions, newest first. */
  synchronized List<Session> endedSessions() {
    return new ArrayList<>(ended);
  }

  /**
   * All sessions of each device that ever attached, as of one moment: the open ones with it, so
   * that a session that is just ending counts exactly once.
   */
  synchronized Map<Integer, DeviceHistory> byDevice() {
    Map<Integer, DeviceHistory> all = new LinkedHashMap<>(history);
    for (Session session : open.values()) {
      all.merge(session.device(), DeviceHistory.of(session), DeviceHistory::plus);
    }
    return all;
  }

  /** Drains and settles every session, then ends it: the devices may go on without us. */
  @Override
  public void close() {
    synchronized (this) {
      isStopping = true;
    }
    workers.close();
    watch.close();
    for (Session session : sessions()) {
      end(session, RunEnd.NOT_YET, "daemon stopped");
    }
    for (Session session : withLeftMemory()) {
      if (watch.down(session.device()).isEmpty()) {
        release(session);
      } else {
        log.info("session {}: its memory goes with this process, its device is down", session.id());
      }
    }
  }
}
