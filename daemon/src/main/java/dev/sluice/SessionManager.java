package dev.sluice;

import dev.sluice.agent.NanoClock;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What clients, operators and the janitor want of sessions: makes one where the request, the device
 * and the limits allow it, passes on what its client says, ends it when it is detached, lost or in
 * the way of a stop, and gives back later what a failed device would not take.
 *
 * <p>Requests may come on any thread and never wait: they are done on the threads of {@link
 * DeviceWorkers}, so that neither a socket nor a lane waits for memory or for books. {@link
 * #endLost} is the janitor's and hands its work over likewise. There is no lock here: the {@link
 * SessionRegistry} and each session have their own.
 *
 * <p>A refusal is an {@link AttachRefusedException} in the stage, with the status for the client.
 */
final class SessionManager implements SessionBroker, ControlActions, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SessionManager.class);

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
  private final SessionRegistry registry = new SessionRegistry();
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
    return later(token, session -> end(session, RunEnd.DIED, "device lost: " + reason));
  }

  @Override
  public CompletionStage<Granted> resume(Token token, PeerCredentials peer) {
    return later(token, session -> session.resumed(peer));
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
        registry.open().stream().filter(candidate -> candidate.id() == id).findFirst();
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
        SessionRegistry.NO_DEVICE,
        () -> captures.snapshot(reason).stream().map(Path::toString).toList());
  }

  /** Runs the work on a thread of the session's device; the token is looked up there, too. */
  private <T> CompletionStage<T> later(Token token, Function<Session, T> work) {
    return workers.later(registry.deviceOf(token), () -> work.apply(registry.find(token)));
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
    ArenaPlan plan = RequestedPlan.of(request, current.arena());
    registry.reservePlace(current.attach().maxSessions());
    try {
      int id = lastId.incrementAndGet();
      Arena arena = ArenaChoice.make(plan, id, request, peer, current, watch::permissionProblem);
      Token token = Token.random(random);
      Session session =
          new Session(
              id, token, request, arena, peer, current, threads, captureMaker, drops, clock);
      try {
        registry.add(session);
      } catch (AttachRefusedException e) {
        // Nobody else knows of it: what it has begun ends here.
        session.end(RunEnd.COMPLETE, "refused");
        session.endCapture();
        throw e;
      }
      log.info(
          "session {} device {} attached by {} ({}): arena {} bytes{}",
          id,
          request.device(),
          request.name(),
          peer,
          session.memory().bytes(),
          arena.notice().isEmpty() ? "" : "; " + arena.notice());
      return session.granted();
    } finally {
      registry.releasePlace();
    }
  }

  private Books end(Session session, RunEnd how, String reason) {
    Books books = session.end(how, reason);
    // Its device may have failed since the janitor came by; nobody asks an ended session.
    tellOfFailure(session);
    session.endCapture();
    registry.ended(session);
    return books;
  }

  /**
   * Ends sessions whose producer is gone or whose device has failed. Janitor; the work itself is
   * done elsewhere.
   */
  void endLost() {
    for (Session session : registry.withLeftMemory()) {
      if (session.isLeftMemoryFree() && watch.down(session.device()).isEmpty()) {
        workers.once(session.device(), session, () -> release(session));
      }
    }
    List<Session> all = registry.open();
    watch.check(all);
    for (Session session : all) {
      session
          .reasonToEnd()
          .ifPresent(
              reason -> {
                // After the reason was found and before it can be seen: who reads of a failure
                // finds the device down.
                tellOfFailure(session);
                workers.once(session.device(), session, () -> endUnasked(session, reason));
              });
    }
  }

  private void tellOfFailure(Session session) {
    String failure = session.memory().failure();
    if (!failure.isEmpty()) {
      watch.failed(session.device(), failure);
    }
  }

  /**
   * A device that failed answers again: what its ended sessions left is given back before anybody
   * gets new memory of it, perhaps at the same addresses.
   */
  private void releaseBeforeUp(int device) {
    for (Session session : registry.withLeftMemory()) {
      if (session.device() == device && session.isLeftMemoryFree()) {
        release(session);
      }
    }
  }

  /**
   * Ends a session over its client's head. Only what a dead device holds can be recovered; a living
   * one may be writing to it this moment, so there it stays in flight.
   */
  private Books endUnasked(Session session, String reason) {
    boolean hasDied = session.hasProducerDied();
    Books books = end(session, hasDied ? RunEnd.DIED : RunEnd.NOT_YET, reason);
    revoked.accept(session.token());
    return books;
  }

  private void release(Session session) {
    if (registry.takeLeftMemory(session)) {
      session.memory().release();
    }
  }

  /** Which devices can be used. */
  DeviceWatch watch() {
    return watch;
  }

  /** The last drops of all sessions. */
  DropLog drops() {
    return drops;
  }

  /** Who is open, who has ended, and what they have counted. */
  SessionRegistry registry() {
    return registry;
  }

  /** Drains and settles every session, then ends it: the devices may go on without us. */
  @Override
  public void close() {
    registry.stop();
    workers.close();
    watch.close();
    for (Session session : registry.open()) {
      end(session, RunEnd.NOT_YET, "daemon stopped");
    }
    for (Session session : registry.withLeftMemory()) {
      if (watch.down(session.device()).isEmpty()) {
        release(session);
      } else {
        log.info("session {}: its memory goes with this process, its device is down", session.id());
      }
    }
  }
}
