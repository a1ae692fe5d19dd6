package dev.sluice;

import dev.sluice.abi.Geometry;
import dev.sluice.agent.NanoClock;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.RunEnd;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.Token;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attached producer region, from the grant of its arena until its end: puts its runs on threads
 * and takes them off, settles them, and keeps what is asked of it legal and in order.
 *
 * <p>Threads: a client's messages come on the threads of its device, reconciling is the janitor's,
 * and scrapes ask at any time. They meet at the lock, which guards all that can change here and in
 * the parts that say so; settling holds it until all is drained. The agents never take it; they
 * only know their run. The lock is also what keeps a scrape from reading the arena while it is
 * being unmapped.
 *
 * <p>What is not legal is refused with an {@link AttachRefusedException}, with nothing changed. A
 * device that fails ends the session by {@link #reasonToEnd}.
 */
final class Session {
  private static final Logger log = LoggerFactory.getLogger(Session.class);
  private static final int DEVICE_ALIGNMENT = 64;

  private final int id;
  private final Token token;
  private final AttachRequest request;
  private final Geometry geometry;
  private final SessionState state;
  private final SessionMemory memory;
  private final SessionProducer producer;
  private final SessionBooks books;
  private final Settings settings;
  private final ThreadPacking threads;
  private final SessionCapture capture;
  private final SessionDrops drops;
  private final NanoClock clock;
  private final Instant startedAt = Instant.now();
  private SessionRun run;
  private ThreadPacking.Crew crew;

  Session(
      int id,
      Token token,
      AttachRequest request,
      Arena arena,
      PeerCredentials peer,
      Settings settings,
      ThreadPacking threads,
      SessionCapture.Maker captures,
      DropLog drops,
      NanoClock clock) {
    this.id = id;
    this.token = token;
    this.request = request;
    this.geometry = arena.plan().geometry();
    long startedNs = clock.nanoTime();
    this.state = new SessionState(id, startedNs);
    this.memory = new SessionMemory(arena, id, request.device());
    this.producer = new SessionProducer(peer);
    this.books = new SessionBooks(id, request.device(), settings.headroom().windowNanos());
    this.settings = settings;
    this.threads = threads;
    this.clock = clock;
    this.capture = captures.begin(id, request, geometry, settings.capture(), startedAt, startedNs);
    this.drops = new SessionDrops(id, request.device(), drops, capture, clock);
  }

  /** What the client needs to map the arena. */
  synchronized Granted granted() {
    return memory.granted(token);
  }

  /** Begins a run. */
  synchronized void start(long deviceBase) {
    requireState(!state.isRunning() && !state.hasEnded(), "START");
    if (deviceBase == 0 || deviceBase % DEVICE_ALIGNMENT != 0) {
      throw new AttachRefusedException(
          AttachStatus.MALFORMED,
          String.format("device_base 0x%x is not a multiple of 64 above 0", deviceBase));
    }
    crew = threads.newCrew(settings, request.device());
    run =
        new SessionRun(
            memory.plan(),
            memory.view(),
            deviceBase,
            settings,
            clock,
            crew.meter(),
            () -> RunChecks.of(request, memory.plan(), settings.collector().verifySynthetic()),
            capture.ofRun());
    if (!memory.failure().isEmpty()) {
      run = null;
      crew.stop(); // or it would count among those that share the CPUs
      crew = null;
      throw new AttachRefusedException(AttachStatus.DEVICE_DOWN, memory.failure());
    }
    capture.beginRun();
    crew.start(Integer.toString(id), run.steppedAgents(), run.engine());
    state.run();
    log.info(
        "session {} device {} run started: {} level {}, {} cores, {} threads {}",
        id,
        request.device(),
        geometry.layout(),
        geometry.level(),
        geometry.numCores(),
        geometry.schedThreads(),
        crew.mode().name().toLowerCase(Locale.ROOT));
  }

  /** Ends the run: the device is complete. */
  synchronized Books runEnd() {
    requireState(state.isRunning(), "RUN_END");
    return settle(RunEnd.COMPLETE, "settled");
  }

  /** Ends the session, and its run if there is one. Returns the books of that run. */
  synchronized Books end(RunEnd end, String reason) {
    requireState(!state.hasEnded(), "DETACH");
    Books ofRun = state.isRunning() ? settle(end, reason) : books.ofRun(new RunTotals());
    state.end(reason, clock.nanoTime());
    if (end.isComplete()) {
      producer.letGo();
    }
    memory.end(end.isComplete());
    log.info("session {} device {} ended: {}", id, request.device(), reason);
    return ofRun;
  }

  /** Whether no producer can use any more what the end of the session left of its memory. */
  synchronized boolean isLeftMemoryFree() {
    return producer.hasLetGo() || producer.hasDied();
  }

  private void requireState(boolean isLegal, String message) {
    state.require(isLegal, message, producer.isLost());
  }

  private Books settle(RunEnd end, String reason) {
    crew.stop();
    run.settle(end);
    books.logViolations(run);
    drops.endRun(run);
    books.close(run, clock.nanoTime(), reason);
    RunTotals totals = run.totals();
    capture.note(totals, books.totals(null));
    capture.endRun(run.coreToThread());
    run = null;
    crew = null;
    state.settle();
    return books.ofRun(totals);
  }

  /** The connection is gone; the producer may be, too. */
  synchronized void connectionLost() {
    producer.connectionLost(clock.nanoTime());
  }

  /** The client is back: once more what it needs to map the arena, which is there as of now. */
  synchronized Granted resumed(PeerCredentials peer) {
    requireState(!state.hasEnded(), "RESUME");
    if (!producer.resume(peer)) {
      log.warn("session {}: {} has its token and is another user; refused", id, peer);
      throw new AttachRefusedException(
          AttachStatus.TOKEN, "the session of this token belongs to another user");
    }
    log.info("session {} device {} resumed by {}", id, request.device(), peer);
    return memory.granted(token);
  }

  /** Whether nobody writes to the arena any more. */
  synchronized boolean hasProducerDied() {
    return producer.hasDied();
  }

  /** Whether a lost connection has to end the session now, and if so, why. */
  synchronized Optional<String> reasonToEnd() {
    if (state.hasEnded()) {
      return Optional.empty();
    }
    if (!memory.failure().isEmpty()) {
      return Optional.of("device failed: " + memory.failure());
    }
    return producer.reasonToEnd(clock.nanoTime(), settings.attach().resumeGraceNanos());
  }

  /** Brings counters up to date and logs each new sort of violation once. Janitor. */
  synchronized void reconcile() {
    if (run != null) {
      RunTotals totals = run.totals();
      run.sampleHeadroom();
      drops.note(run);
      books.logViolations(run);
      capture.note(totals, books.totals(run));
      capture.watch(clock.nanoTime());
    }
  }

  /**
   * Writes the rest of the capture; the session has ended. Waits for the disk, but not for ever,
   * and without the lock: status and metrics must not wait for it.
   */
  void endCapture() {
    capture.end(state.ending());
    state.captureEnded();
  }

  /** What is captured of this session. */
  SessionCapture capture() {
    return capture;
  }

  synchronized void rotateWatermarks() {
    if (run != null) {
      run.engine().rotateWatermarks();
    }
  }

  int id() {
    return id;
  }

  Token token() {
    return token;
  }

  int device() {
    return request.device();
  }

  Geometry geometry() {
    return geometry;
  }

  AttachRequest request() {
    return request;
  }

  Instant startedAt() {
    return startedAt;
  }

  synchronized double durationSeconds() {
    return state.durationSeconds(clock.nanoTime());
  }

  /** For people and scripts. */
  synchronized String stateName() {
    return state.name(producer.isLost());
  }

  /** All runs so far, the present one included. */
  synchronized RunTotals totals() {
    return books.totals(run);
  }

  /** Of the run under way, and of the one before as long as that lies within the windows. */
  synchronized Headroom headroom() {
    return books.headroom(run, clock.nanoTime());
  }

  /** As {@link #headroom}; of a session that is over, what it was in its last minute. */
  synchronized Headroom headroomToShow() {
    return state.hasEnded() ? headroom().nearerOf(books.lastHeadroom()) : headroom();
  }

  /** Of all runs so far, the present one included; a copy. */
  synchronized RunLatencies latencies() {
    return books.latencies(run);
  }

  /** Its memory, also after its end. */
  SessionMemory memory() {
    return memory;
  }

  /** Reads from the run under way, if there is one, while it cannot go away. */
  synchronized void withRun(Consumer<SessionRun> reader) {
    if (run != null) {
      reader.accept(run);
    }
  }
}
