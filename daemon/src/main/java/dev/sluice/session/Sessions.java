package dev.sluice.session;

import dev.sluice.agent.NanoClock;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.config.Quantities;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.ArenaRefusedException;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.CaptureStore;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.run.RunTotals;
import dev.sluice.session.run.ThreadPacking;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All sessions: admits new ones, tends open ones, gives up hung ones, and ends them all when the
 * daemon stops.
 *
 * <p>Any thread. Only {@link #close} and {@link #leave} wait, for a bounded time. Blocking work
 * runs on {@link Workers}: a session's commands by its owner, work outside any session on a thread
 * of its own.
 */
public final class Sessions implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Sessions.class);

  /** Upper bound of device numbers that the configuration does not name. */
  static final int MAX_DEVICES = 64;

  private volatile Settings settings;
  private final ArenaSource arenas;
  private final Patience patience;
  private final ThreadPacking threads;
  private final CaptureStore captures;
  private final SessionCapture.Maker captureMaker;
  private final KeptSessions kept;
  private final DropLog drops;
  private final NanoClock clock;
  // A deficiency of the host affects all sessions; log it once.
  private final AtomicBoolean hasToldOfPages = new AtomicBoolean();
  private final AtomicInteger lastId = new AtomicInteger();
  private final Workers workers;
  private final DeviceWatch watch;
  private final SessionRegistry registry = new SessionRegistry();
  private final Set<Attach> attaching = ConcurrentHashMap.newKeySet();
  private final Set<Attach> hungAttaches = ConcurrentHashMap.newKeySet();
  // Sessions that were given up and whose capture is still open.
  private final Set<Session> openCaptures = ConcurrentHashMap.newKeySet();
  private final Set<Object> underWay = ConcurrentHashMap.newKeySet();
  private volatile BiConsumer<Session, RunTotals> revoked = (session, totals) -> {};
  private volatile boolean isStopping;

  /**
   * A granted session.
   *
   * @param descriptor of the arena, for the receiver to send and close; -1 for device memory
   * @param connection its number, for {@link Session#connectionLost}
   */
  public record Grant(Session session, int descriptor, int connection) {}

  /** Makes the arena of a session, like {@link ArenaChoice#make}. */
  interface ArenaSource {
    Arena make(
        ArenaPlan plan,
        int id,
        SessionRequest request,
        Peer peer,
        Settings settings,
        IntFunction<String> permissionProblem);
  }

  /** An attach in progress; may take as long as its device does. */
  private static final class Attach {
    private final int device;
    private final long sinceNs;

    Attach(int device, long sinceNs) {
      this.device = device;
      this.sinceNs = sinceNs;
    }
  }

  /**
   * @param sluiceVersion recorded in captures
   * @param kept sessions held by the service manager
   */
  public Sessions(
      Settings settings,
      ThreadPacking threads,
      CaptureStore captures,
      String sluiceVersion,
      KeptSessions kept,
      NanoClock clock) {
    this(
        settings,
        threads,
        captures,
        sluiceVersion,
        kept,
        clock,
        ArenaChoice::make,
        Patience.DEFAULT,
        new Workers(Workers.threads()));
  }

  /** For tests: with other arenas, timeouts and workers. */
  Sessions(
      Settings settings,
      ThreadPacking threads,
      CaptureStore captures,
      String sluiceVersion,
      KeptSessions kept,
      NanoClock clock,
      ArenaSource arenas,
      Patience patience,
      Workers workers) {
    this.arenas = arenas;
    this.settings = settings;
    this.patience = patience;
    this.threads = threads;
    this.captures = captures;
    this.kept = kept;
    this.captureMaker =
        new SessionCapture.Maker(captures, sluiceVersion, settings.collector().shards());
    this.drops = new DropLog(settings.drops().keptEvents());
    this.clock = clock;
    this.workers = workers;
    this.watch = new DeviceWatch(settings, System.getenv(), this::releaseBeforeUp, clock, patience);
  }

  /** Applies to sessions that attach from now on. */
  public void apply(Settings next) {
    settings = next;
  }

  /**
   * Sets the listener for sessions that end without a request from their client; it receives the
   * books of the open run. Called once, at startup.
   */
  public void onRevoked(BiConsumer<Session, RunTotals> listener) {
    revoked = listener;
  }

  /** The socket is open: starts the resume grace of all sessions taken over. */
  public void clientsCanReturn() {
    registry.open().forEach(Session::clientCanReturn);
  }

  /** Makes a session with an arena. */
  public CompletionStage<Grant> attach(SessionRequest request, Peer peer) {
    return later(() -> attachNow(request, peer));
  }

  private <T> CompletionStage<T> later(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      workers.execute(
          () -> {
            try {
              result.complete(work.call());
            } catch (RefusedException e) {
              result.completeExceptionally(e);
            } catch (Throwable e) {
              log.error("session request failed: internal error", e);
              result.completeExceptionally(e);
            }
          });
    } catch (RefusedException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  private Grant attachNow(SessionRequest request, Peer peer) throws IOException {
    int device = request.device();
    // Read the settings once: a concurrent reload applies to the next attach.
    Settings current = settings.ofDevice(device);
    refuseDevice(device, current);
    ArenaPlan plan = plan(request, current);
    registry.reservePlace(current.attach().maxSessions());
    Attach attach = new Attach(device, clock.nanoTime());
    attaching.add(attach);
    int id = lastId.incrementAndGet();
    Arena arena = null;
    Session session = null;
    int descriptor = -1;
    try {
      arena = arenas.make(plan, id, request, peer, current, watch::permissionProblem);
      session = new Session(id, request, arena, peer, current, this);
      descriptor = arena.duplicateDescriptor();
      if (!attaching.contains(attach)) {
        throw new RefusedException(Reason.DEVICE_DOWN, "device " + device + " took too long");
      }
      registry.add(session);
    } catch (Throwable e) {
      undo(arena, session, descriptor);
      if (e instanceof OutOfMemoryError) {
        throw new RefusedException(Reason.BUSY, "cannot create a thread: " + e.getMessage());
      }
      throw e;
    } finally {
      if (attaching.remove(attach)) {
        registry.releasePlace();
      }
      hungAttaches.remove(attach);
    }
    log.info(
        "session {} device {} attached by {} ({}): arena {}{}",
        id,
        device,
        request.name(),
        peer,
        Quantities.formatBytes(arena.bytes()),
        arena.notice().isEmpty() || hasToldOfPages.getAndSet(true) ? "" : "; " + arena.notice());
    return new Grant(session, descriptor, Producer.FIRST_CONNECTION);
  }

  /**
   * Takes over the sessions that another process left, each independently. Sessions that cannot be
   * taken over are given up and logged, one line per reason. Called once, before any attach.
   *
   * @param stages receives the stage memory of the captures
   * @return the sessions that are open again
   */
  public List<Session> resume(StageRegions stages) {
    List<Session> resumed = new ArrayList<>();
    Map<String, List<String>> refused = new TreeMap<>(); // keys by reason
    for (KeptSessions.Left left : kept.takeLeft()) {
      try {
        Session session = resume(left, stages);
        if (!session.view().state().isOver()) {
          resumed.add(session);
        }
      } catch (IOException | RuntimeException e) {
        refused
            .computeIfAbsent(String.valueOf(e.getMessage()), r -> new ArrayList<>())
            .add(left.key());
        log.debug("session not taken over: {}", left.key(), e);
      }
    }
    refused.forEach(
        (reason, keys) ->
            log.error(
                "sessions not taken over: {}, first {}: {}", keys.size(), keys.get(0), reason));
    return resumed;
  }

  private Session resume(KeptSessions.Left left, StageRegions stages) throws IOException {
    KeptSessions.Memory memory = null;
    Arena arena = null;
    boolean isElsewhere = false;
    SessionKeeping keeping;
    Session session;
    try {
      memory = left.open();
      keeping = SessionKeeping.left(kept, left, memory);
      SessionIdentity identity = keeping.identity();
      ArenaPlan plan = identity.plan();
      if (!keeping.state().fits(plan) || memory.arena().bytes() < plan.totalBytes()) {
        throw new IOException("its state belongs to another arena");
      }
      // Another live daemon may own the arena; the session then stays with the service manager.
      isElsewhere = true;
      arena = Arena.adopt(plan, identity.placement(), identity.request().device(), memory.arena());
      isElsewhere = false;
      session = resume(keeping, arena, memory.stages(), stages);
    } catch (IOException | RuntimeException e) {
      if (arena != null) {
        arena.close();
      }
      if (memory != null) {
        memory.close();
      }
      // Keep the session if the host lacks descriptors or a disk fails: the next start may succeed.
      if (!isElsewhere && !(e.getCause() instanceof FileSystemException)) {
        kept.forget(left.key(), left.stages().size());
      }
      throw e;
    }
    registry.inherit(session, keeping.saved().history());
    lastId.accumulateAndGet(session.id(), Math::max);
    session.takeOver();
    return session;
  }

  private Session resume(
      SessionKeeping keeping, Arena arena, List<SharedRegion> left, StageRegions stages)
      throws IOException {
    SessionIdentity identity = keeping.identity();
    Settings current = settings.ofDevice(identity.request().device());
    SessionCapture capture =
        captureMaker.resume(
            identity,
            identity.request().capture(current.capture()),
            left.stream().map(SharedRegion::buffer).toList(),
            keeping.state(),
            keeping.saved().all(),
            keeping.saved().isRunning());
    left.forEach(stages::adopt);
    return new Session(keeping, arena, capture, current, this);
  }

  private void refuseDevice(int device, Settings current) {
    if (!current.devices().allows(device)) {
      throw new RefusedException(Reason.DEVICE, "device " + device + " is not in sluice.devices");
    }
    if (current.devices().any() && (device < 0 || device >= MAX_DEVICES)) {
      throw new RefusedException(
          Reason.DEVICE,
          "device " + device + " is not below " + MAX_DEVICES + ": name it in sluice.devices");
    }
    watch
        .down(device)
        .ifPresent(
            down -> {
              throw new RefusedException(
                  Reason.DEVICE_DOWN,
                  "device " + device + " is down, try again later: " + down.cause());
            });
  }

  private static ArenaPlan plan(SessionRequest request, Settings current) {
    try {
      return ArenaPlan.of(
          request.geometry(), request.buffers(current.arena().buffers()), current.arena().bytes());
    } catch (ArenaRefusedException e) {
      throw new RefusedException(Reason.ARENA, e.getMessage());
    }
  }

  /** Undoes a failed attach; no other component knows of the session yet. */
  private void undo(Arena arena, Session session, int descriptor) {
    SharedRegion.closeDescriptor(descriptor);
    if (session != null) {
      session.endHere(RunEnd.COMPLETE, "refused");
    } else if (arena != null) {
      arena.close();
    }
  }

  /** Throws if the daemon is stopping. */
  public void refuseIfStopping() {
    if (isStopping) {
      throw new RefusedException(Reason.STOPPING, "the daemon is stopping");
    }
  }

  /** Returns the open session with this number. */
  public Optional<Session> open(int id) {
    return registry.open(id);
  }

  /** Returns the open sessions, oldest first. */
  public List<Session> open() {
    return registry.open();
  }

  /** Returns the retained ended sessions, newest first. */
  public List<Session> ended() {
    return registry.ended();
  }

  /** Returns the totals per device over all sessions, each counted once. */
  public Map<Integer, RunTotals> byDevice() {
    return registry.byDevice();
  }

  /** Snapshots the last moments of all open captures. */
  public CompletionStage<List<Path>> snapshot(String reason) {
    return later(() -> captures.snapshot(reason));
  }

  /** Returns the state of the devices. */
  public DeviceWatch watch() {
    return watch;
  }

  /** Returns the latest drops of all sessions. */
  public DropLog drops() {
    return drops;
  }

  /** Returns how many threads hang in device calls and are no longer waited for. */
  public int abandonedThreads() {
    int owners = (int) registry.withLeftMemory().stream().filter(Session::isOwned).count();
    return threads.abandonedThreads() + watch.abandonedThreads() + hungAttaches.size() + owners;
  }

  /**
   * Checks everything once: counters, lost producers, failed, hung and recovered devices. Never
   * waits: blocking work runs on other threads, at most one per device. Janitor thread.
   */
  void tend() {
    for (Session session : registry.withLeftMemory()) {
      if (session.isLeftMemoryFree() && watch.down(session.device()).isEmpty()) {
        once(session, () -> release(session));
      }
    }
    endCaptures();
    List<Session> all = registry.open();
    giveUpHungAttaches();
    for (DeviceWatch.Hung hung : watch.check(all)) {
      hung.session().giveUp(hung.cause());
    }
    Map<Integer, List<Session>> byWhatMayHang = new TreeMap<>();
    for (Session session : all) {
      int key =
          session.memory().placement().isOnDevice() ? session.device() : ThreadPacking.NO_DEVICE;
      byWhatMayHang.computeIfAbsent(key, made -> new ArrayList<>()).add(session);
    }
    byWhatMayHang.forEach((key, some) -> once(key, () -> some.forEach(Session::tick)));
  }

  private void endCaptures() {
    for (Session session : openCaptures) {
      once(
          session.capture(),
          () -> {
            if (openCaptures.remove(session)) {
              session.endCaptureOfFailed();
            }
          });
    }
  }

  /** Runs the work on a worker unless work for the same subject is under way. Never waits. */
  private void once(Object subject, Runnable work) {
    if (!underWay.add(subject)) {
      return;
    }
    try {
      workers.execute(
          () -> {
            try {
              work.run();
            } catch (Throwable e) {
              log.error("session maintenance failed", e);
            } finally {
              underWay.remove(subject);
            }
          });
    } catch (RefusedException e) {
      underWay.remove(subject); // the next round retries
    }
  }

  private void giveUpHungAttaches() {
    long nowNs = clock.nanoTime();
    for (Attach attach : List.copyOf(attaching)) {
      boolean isOnDevice =
          settings.ofDevice(attach.device).placement().of(attach.device).isOnDevice();
      if (isOnDevice && nowNs - attach.sinceNs > patience.hungNanos()) {
        giveUp(attach);
      }
    }
  }

  private void giveUp(Attach attach) {
    hungAttaches.add(attach); // first: the attaching thread may return at any moment
    if (attaching.remove(attach)) {
      registry.releasePlace();
      watch.hangs(attach.device);
    } else {
      hungAttaches.remove(attach);
    }
  }

  /**
   * Releases the memory that ended sessions left on a recovered device, before a client gets new
   * memory there, possibly at the same addresses.
   */
  private void releaseBeforeUp(int device) {
    for (Session session : registry.withLeftMemory()) {
      if (session.device() == device && session.isLeftMemoryFree()) {
        release(session);
      }
    }
  }

  private void release(Session session) {
    if (registry.takeLeftMemory(session)) {
      session.memory().release();
    }
  }

  /**
   * Stops every kept session without ending it, for the next daemon to take over. Sessions that the
   * service manager does not keep are left for {@link #close}.
   */
  public void leave() {
    if (!kept.isOn()) {
      return;
    }
    isStopping = true;
    registry.stop();
    long untilNs = System.nanoTime() + patience.stopNanos();
    Map<Session, CompletableFuture<Boolean>> leaving = new LinkedHashMap<>();
    for (Session session : registry.open()) {
      leaving.put(session, session.leave().toCompletableFuture());
    }
    leaving.forEach(
        (session, left) -> {
          try {
            boolean isLeft =
                left.get(Math.max(0, untilNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (isLeft) {
              registry.left(session);
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } catch (Exception e) {
            log.warn("session {}: not handed over cleanly: {}", session.id(), e.toString());
            registry.left(session);
          }
        });
  }

  /**
   * Drains, settles and ends all sessions concurrently; their devices may keep running. Gives up a
   * session that exceeds the timeout, without delaying the others. Idempotent.
   */
  @Override
  public void close() {
    isStopping = true;
    registry.stop();
    long untilNs = System.nanoTime() + patience.stopNanos();
    List<Session> all = registry.open();
    List<CompletableFuture<?>> ends = new ArrayList<>();
    for (Session session : all) {
      ends.add(session.end(RunEnd.NOT_YET, "daemon stopped").toCompletableFuture());
    }
    for (int i = 0; i < all.size(); i++) {
      await(all.get(i), ends.get(i), untilNs);
    }
    watch.close();
    releaseAll(untilNs);
    workers.close();
  }

  /**
   * Releases memory that was left, where the device answers: this daemon has no clients any more.
   */
  private void releaseAll(long untilNs) {
    for (Session session : registry.withLeftMemory()) {
      boolean isGivenUp = session.view().state() == SessionView.State.FAILED;
      if (isGivenUp || watch.down(session.device()).isPresent()) {
        log.info("session {}: its memory is freed when this process exits", session.id());
        continue;
      }
      try {
        later(
                () -> {
                  release(session);
                  return session;
                })
            .toCompletableFuture()
            .get(Math.max(0, untilNs - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (Exception e) {
        log.warn("session {}: cannot release its memory: {}", session.id(), e.toString());
      }
    }
  }

  private static void await(Session session, CompletableFuture<?> end, long untilNs) {
    try {
      end.get(Math.max(0, untilNs - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      session.giveUp("timed out while the daemon stopped");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // No thread was available, or the session was over; endHere() ignores the latter.
      session.endHere(RunEnd.NOT_YET, "daemon stopped");
    }
  }

  // --- services for sessions --------------------------------------------------------------------

  NanoClock clock() {
    return clock;
  }

  ThreadPacking threads() {
    return threads;
  }

  SessionCapture.Maker captures() {
    return captureMaker;
  }

  Executor workers() {
    return workers;
  }

  KeptSessions kept() {
    return kept;
  }

  /** Returns the totals of all ended sessions of a device. */
  RunTotals history(int device) {
    return registry.history(device);
  }

  Patience patience() {
    return patience;
  }

  /** Returns the disk timeout, which is shorter while the daemon stops. */
  long diskNanos() {
    return patience.diskNanos(isStopping);
  }

  /** Returns the length of the watermark window. */
  long windowNanos() {
    return settings.watermark().windowNanos();
  }

  /** Marks the device down if it failed under a session that has ended or is about to. */
  void tellOfFailure(Session session) {
    String failure = session.memory().failure();
    if (!failure.isEmpty()) {
      watch.failed(session.device(), failure);
    }
  }

  /**
   * Notifies the listener that a session ended without a request from its client.
   *
   * @param totals of the run that was open, as far as counted
   */
  void revoked(Session session, RunTotals totals) {
    revoked.accept(session, totals);
  }

  /** Moves a session that is over to the ended ones. */
  void over(Session session) {
    registry.ended(session);
    if (session.view().state() == SessionView.State.FAILED) {
      openCaptures.add(session);
      endCaptures();
    }
  }
}
