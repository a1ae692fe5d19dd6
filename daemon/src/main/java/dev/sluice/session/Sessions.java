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
 * All sessions: makes one where the request, the device and the limits allow it, looks after those
 * that are there, gives up those that hang, and ends them all when the daemon stops.
 *
 * <p>Any thread, and nothing here waits, except {@link #close}, which says how long. What can wait
 * is done on {@link Workers}: a session's commands by its owner, and what belongs to no session yet
 * or any more on a thread of its own.
 */
public final class Sessions implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Sessions.class);

  /** Devices that are not named in the configuration have numbers below this. */
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
  // What the host lacks it lacks for all sessions.
  private final AtomicBoolean hasToldOfPages = new AtomicBoolean();
  private final AtomicInteger lastId = new AtomicInteger();
  private final Workers workers;
  private final DeviceWatch watch;
  private final SessionRegistry registry = new SessionRegistry();
  private final Set<Attach> attaching = ConcurrentHashMap.newKeySet();
  private final Set<Attach> hungAttaches = ConcurrentHashMap.newKeySet();
  // Of sessions that were given up.
  private final Set<Session> openCaptures = ConcurrentHashMap.newKeySet();
  private final Set<Object> underWay = ConcurrentHashMap.newKeySet();
  private volatile BiConsumer<Session, RunTotals> revoked = (session, totals) -> {};
  private volatile boolean isStopping;

  /**
   * A session that was granted.
   *
   * @param descriptor of the arena, for the receiver to send and to close; -1 for memory of a
   *     device
   * @param connection the number of the connection, for {@link Session#connectionLost}
   */
  public record Grant(Session session, int descriptor, int connection) {}

  /** Makes the arena of a session, as {@link ArenaChoice#make}. */
  interface ArenaSource {
    Arena make(
        ArenaPlan plan,
        int id,
        SessionRequest request,
        Peer peer,
        Settings settings,
        IntFunction<String> permissionProblem);
  }

  /** One that is being made, which takes as long as its device likes. */
  private static final class Attach {
    private final int device;
    private final long sinceNs;

    Attach(int device, long sinceNs) {
      this.device = device;
      this.sinceNs = sinceNs;
    }
  }

  /**
   * @param sluiceVersion goes into captures
   * @param kept with the service manager
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

  /** For a test: with other arenas, less patience, and other threads or none. */
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

  /** For sessions that attach from now on. */
  public void apply(Settings next) {
    settings = next;
  }

  /**
   * Is told of each session that ended over its client's head, with the books of the run that was
   * open; called once, at the start.
   */
  public void onRevoked(BiConsumer<Session, RunTotals> listener) {
    revoked = listener;
  }

  /** The socket is open: what was resumed waits for its clients, and no longer than configured. */
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
    // Once: a reload meanwhile is for the next one.
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
        throw new RefusedException(Reason.BUSY, "the host has no thread for it: " + e.getMessage());
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
   * Takes over what another process left, each session by itself: what cannot be taken over is
   * given up, and a line for each reason says how many. Called once, before anything attaches.
   *
   * @param stages where the stages of captures are given back to
   * @return those that are open again
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
        throw new IOException("its state is of another arena");
      }
      // Another daemon that is alive may have it: then it stays as it is.
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
      // A host that is short of descriptors, or a disk that fails, may be well again at the next
      // start.
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

  /** No other part knows of it yet: what it has begun ends here. */
  private void undo(Arena arena, Session session, int descriptor) {
    SharedRegion.closeDescriptor(descriptor);
    if (session != null) {
      session.endHere(RunEnd.COMPLETE, "refused");
    } else if (arena != null) {
      arena.close();
    }
  }

  /** Refused if the daemon stops. */
  public void refuseIfStopping() {
    if (isStopping) {
      throw new RefusedException(Reason.STOPPING, "the daemon is stopping");
    }
  }

  /** The open session of this number. */
  public Optional<Session> open(int id) {
    return registry.open(id);
  }

  /** Open sessions, oldest first. */
  public List<Session> open() {
    return registry.open();
  }

  /** Ended sessions, newest first, as many as are kept. */
  public List<Session> ended() {
    return registry.ended();
  }

  /** All sessions of each device that ever attached, each of them once. */
  public Map<Integer, RunTotals> byDevice() {
    return registry.byDevice();
  }

  /** Keeps what the captures of all open sessions hold of the last moments. */
  public CompletionStage<List<Path>> snapshot(String reason) {
    return later(() -> captures.snapshot(reason));
  }

  /** Which devices can be used. */
  public DeviceWatch watch() {
    return watch;
  }

  /** The last drops of all sessions. */
  public DropLog drops() {
    return drops;
  }

  /** Threads that hang in a call to a device and are not waited for any more. */
  public int abandonedThreads() {
    int owners = (int) registry.withLeftMemory().stream().filter(Session::isOwned).count();
    return threads.abandonedThreads() + watch.abandonedThreads() + hungAttaches.size() + owners;
  }

  /**
   * Looks after everything once: counters, lost producers, devices that fail, hang or are back.
   * Waits for nothing: what may is on other threads, at most one for each device. Janitor.
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

  /** Runs the work on a thread of its own, unless the same is under way already. Never waits. */
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
              log.error("looking after sessions failed", e);
            } finally {
              underWay.remove(subject);
            }
          });
    } catch (RefusedException e) {
      underWay.remove(subject); // the next round tries again
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
    hungAttaches.add(attach); // first: its thread may come back this moment
    if (attaching.remove(attach)) {
      registry.releasePlace();
      watch.hangs(attach.device);
    } else {
      hungAttaches.remove(attach);
    }
  }

  /**
   * A device that failed answers again: what its ended sessions left is given back before a client
   * gets new memory of it, perhaps at the same addresses.
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
   * Stops every session without an end: the next daemon takes it over. Those that the service
   * manager does not keep, {@link #close} ends.
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
            log.warn("session {}: not left in order: {}", session.id(), e.toString());
            registry.left(session);
          }
        });
  }

  /**
   * Drains and settles every session, all at once, then ends them: the devices may go on without
   * us. One that does not get there in time is given up, and the others are not held up.
   * Idempotent.
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

  /** What is left goes back where its device answers: no client of this daemon is left. */
  private void releaseAll(long untilNs) {
    for (Session session : registry.withLeftMemory()) {
      boolean isGivenUp = session.view().state() == SessionView.State.FAILED;
      if (isGivenUp || watch.down(session.device()).isPresent()) {
        log.info("session {}: its memory goes with this process", session.id());
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
        log.warn("session {}: its memory was not given back: {}", session.id(), e.toString());
      }
    }
  }

  private static void await(Session session, CompletableFuture<?> end, long untilNs) {
    try {
      end.get(Math.max(0, untilNs - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      session.giveUp("the stop of the daemon did not wait for it any longer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // There is no thread for it, or it was over already; the latter does nothing here.
      session.endHere(RunEnd.NOT_YET, "daemon stopped");
    }
  }

  // --- what a session has of the stage around it ------------------------------------------------

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

  /** Of all sessions of a device that are over. */
  RunTotals history(int device) {
    return registry.history(device);
  }

  Patience patience() {
    return patience;
  }

  /** How long to wait for a disk, which is less when the daemon stops. */
  long diskNanos() {
    return patience.diskNanos(isStopping);
  }

  /** How far watermarks look back. */
  long windowNanos() {
    return settings.watermark().windowNanos();
  }

  /** A session has ended or is about to: if its device has failed, that is known from now on. */
  void tellOfFailure(Session session) {
    String failure = session.memory().failure();
    if (!failure.isEmpty()) {
      watch.failed(session.device(), failure);
    }
  }

  /**
   * A session was ended and its client had not asked for it: it is not served any more.
   *
   * @param totals of the run that was open, as far as it was counted
   */
  void revoked(Session session, RunTotals totals) {
    revoked.accept(session, totals);
  }

  /** A session is over: it is not open any more. */
  void over(Session session) {
    registry.ended(session);
    if (session.view().state() == SessionView.State.FAILED) {
      openCaptures.add(session);
      endCaptures();
    }
  }
}
