package dev.sluice;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.SyntheticContent;
import dev.sluice.agent.NanoClock;
import dev.sluice.bridge.ProcessIdentity;
import dev.sluice.config.Placement;
import dev.sluice.config.Quantities;
import dev.sluice.config.Settings;
import dev.sluice.config.Verification;
import dev.sluice.device.Arena;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.Handover;
import dev.sluice.headroom.Headroom;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.ContentChecks;
import dev.sluice.ingest.RunEnd;
import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachRequest;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.Token;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attached producer region: its arena, the run that is under way, and the totals of the runs
 * before it.
 *
 * <p>All methods are synchronized: control threads, the janitor and scrapes meet here. The agents
 * never take this lock; they only know their run. The lock is also what keeps a scrape from reading
 * the arena while it is being unmapped.
 */
final class Session {
  private static final Logger log = LoggerFactory.getLogger(Session.class);
  private static final int DEVICE_ALIGNMENT = 64;

  /** Where a session stands. */
  enum State {
    /** The arena is granted, no run has begun. */
    ATTACHED,
    /** The device may run; agents work. */
    RUNNING,
    /** A run has ended, its books are settled, another may begin. */
    SETTLED,
    /** Over; the arena is gone. */
    ENDED
  }

  private final int id;
  private final Token token;
  private final AttachRequest request;
  private final Geometry geometry;
  private final Arena arena;
  private final long arenaBytes;
  private final String route;
  private final Settings settings;
  private final ThreadPacking threads;
  private final SessionCapture capture;
  private final SessionDrops drops;
  private final NanoClock clock;
  private final Instant startedAt = Instant.now();
  private final long startedNs;
  private final boolean[] isLogged = new boolean[AbiViolation.ALL.size()];

  /** Whose session it is: a token that got into other hands is worth nothing there. */
  private final int producerUid;

  private ProcessIdentity producer;
  private State state = State.ATTACHED;
  private volatile String ending = "";
  private volatile boolean isCaptureOpen = true;
  private long endedNs;
  private boolean hasLeftMemory;
  private boolean isProducerDone;
  private SessionRun run;
  private ThreadPacking.Crew crew;
  // Of the run before: a run may be shorter than the interval at which anybody looks.
  private Headroom lastHeadroom = Headroom.IDLE;
  private long lastHeadroomNs;
  private RunTotals past = new RunTotals();
  private final RunLatencies pastLatencies = new RunLatencies();

  /** Since when the connection is lost while the producer may live; 0 while connected. */
  private long lostSinceNs;

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
    this.arena = arena;
    this.arenaBytes = arena.bytes();
    this.route = arena.handover().route();
    this.geometry = arena.plan().geometry();
    this.producerUid = peer.uid();
    this.producer = ProcessIdentity.of(peer.pid());
    this.settings = settings;
    this.threads = threads;
    this.clock = clock;
    this.startedNs = clock.nanoTime();
    this.capture = captures.begin(id, request, geometry, settings.capture(), startedAt, startedNs);
    this.drops = new SessionDrops(id, request.device(), drops, capture, clock);
  }

  /** What the client needs to map the arena. */
  synchronized Granted granted() {
    ArenaPlan plan = arena.plan();
    Handover handover = arena.handover();
    return new Granted(
        id,
        token,
        arena.placement().wireNumber(),
        plan.layout().pool().slotCount(),
        arenaBytes,
        0,
        geometry.regionBytes(),
        plan.rotationOffset(),
        plan.buffersOffset(),
        BufferKind.ALL.stream().map(plan::buffers).toList(),
        BufferKind.ALL.stream().map(kind -> (long) plan.kindOffset(kind)).toList(),
        handover.fd(),
        arena.placement().isOnDevice()
            ? Optional.of(
                new Granted.DeviceShare(
                    handover.device(), arena.bytes(), handover.key(), handover.shareable()))
            : Optional.empty());
  }

  /** Begins a run. */
  synchronized void start(long deviceBase) {
    requireState(state == State.ATTACHED || state == State.SETTLED, "START");
    if (deviceBase == 0 || deviceBase % DEVICE_ALIGNMENT != 0) {
      throw new AttachRefusedException(
          AttachStatus.MALFORMED,
          String.format("device_base 0x%x is not a multiple of 64 above 0", deviceBase));
    }
    crew = threads.newCrew(settings, request.device());
    run =
        new SessionRun(
            arena.plan(),
            arena.memory(),
            deviceBase,
            settings,
            clock,
            crew.meter(),
            this::newChecks,
            capture.ofRun());
    if (!arena.failure().isEmpty()) {
      run = null;
      crew.stop(); // or it would count among those that share the CPUs
      crew = null;
      throw new AttachRefusedException(AttachStatus.DEVICE_DOWN, arena.failure());
    }
    capture.beginRun();
    crew.start(Integer.toString(id), run.steppedAgents(), run.engine());
    state = State.RUNNING;
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

  private ContentChecks newChecks() {
    Verification wanted = settings.collector().verifySynthetic();
    Optional<AttachRequest.Synthetic> synthetic = request.synthetic();
    if (synthetic.isEmpty() || wanted == Verification.FALSE) {
      return ContentChecks.none();
    }
    SyntheticContent content =
        new SyntheticContent(
            geometry,
            synthetic.get().seed(),
            synthetic.get().originTicks(),
            synthetic.get().periodTicks());
    int pools = arena.plan().poolCount();
    return wanted == Verification.TRUE
        ? ContentChecks.ofAll(content, pools)
        : ContentChecks.ofSome(content, pools);
  }

  /** Ends the run: the device is complete. */
  synchronized Books runEnd() {
    requireState(state == State.RUNNING, "RUN_END");
    return settle(RunEnd.COMPLETE, "settled");
  }

  /** Ends the session, and its run if there is one. Returns the books of that run. */
  synchronized Books end(RunEnd end, String reason) {
    requireState(state != State.ENDED, "DETACH");
    Books books = state == State.RUNNING ? settle(end, reason) : books(new RunTotals());
    state = State.ENDED;
    ending = reason;
    endedNs = clock.nanoTime();
    // A client that is told has let go of a device's memory before (abi.md 5.5); one that is not
    // may have it imported still, and its device may write to it. A device that has failed is not
    // called before it answers again.
    isProducerDone = end.isComplete();
    hasLeftMemory =
        arena.placement().isOnDevice() && !(isProducerDone && arena.failure().isEmpty());
    if (!hasLeftMemory) {
      closeArena();
    }
    log.info("session {} device {} ended: {}", id, request.device(), reason);
    return books;
  }

  private void closeArena() {
    arena.close();
    if (!arena.leak().isEmpty()) {
      log.error("session {} device {}: {}", id, request.device(), arena.leak());
    }
  }

  /** Whether the end of the session left its memory as it was. */
  synchronized boolean hasLeftMemory() {
    return hasLeftMemory;
  }

  /** Whether no producer can use that memory any more. */
  synchronized boolean isLeftMemoryFree() {
    return isProducerDone || !producer.isAlive();
  }

  /** Gives back what was left; the device answers, and the producer is gone or the daemon stops. */
  synchronized void releaseLeftMemory() {
    hasLeftMemory = false;
    closeArena();
  }

  private void requireState(boolean isLegal, String message) {
    if (!isLegal) {
      throw new AttachRefusedException(
          AttachStatus.STATE, message + " is not legal: session " + id + " is " + stateName());
    }
  }

  private Books settle(RunEnd end, String reason) {
    crew.stop();
    run.settle(end);
    RunTotals totals = run.totals();
    logViolations();
    drops.endRun(run);
    past = past.plus(totals);
    capture.note(totals, past);
    capture.endRun(run.coreToThread());
    RunLatencies latencies = new RunLatencies();
    run.books().addLatencies(latencies);
    pastLatencies.add(latencies);
    lastHeadroom = run.headroom();
    lastHeadroomNs = clock.nanoTime();
    run = null;
    crew = null;
    state = State.SETTLED;
    logBooks(totals, latencies.refillOfAllKinds(), reason);
    return books(totals);
  }

  private void logBooks(RunTotals totals, Histogram refillNanos, String reason) {
    AccountingLaw law = totals.law();
    long dropped = law.dropped() + law.inferred() + law.died();
    String line =
        String.format(
            Locale.ROOT,
            "session %d device %d run %s: produced %d, collected %d, dropped %d, salvaged %d,"
                + " in flight %d, unaccounted %d; refill p50 %s p99 %s max %s",
            id,
            request.device(),
            reason,
            law.produced(),
            law.collected(),
            dropped,
            law.salvaged(),
            law.inFlight(),
            law.unaccounted(),
            Quantities.formatNanos(refillNanos.getValueAtPercentile(50)),
            Quantities.formatNanos(refillNanos.getValueAtPercentile(99)),
            Quantities.formatNanos(refillNanos.getMaxValue()));
    if (dropped != 0 || law.unaccounted() != 0) {
      log.warn(line);
    } else {
      log.info(line);
    }
    if (totals.syntheticMismatched > 0) {
      log.error(
          "session {}: {} of {} checked records are not what the producer must have written",
          id,
          totals.syntheticMismatched,
          totals.syntheticVerified);
    }
  }

  private Books books(RunTotals totals) {
    List<Books.KindBooks> kinds = new ArrayList<>();
    for (AccountingLaw law : totals.laws) {
      kinds.add(
          new Books.KindBooks(
              law.produced(),
              law.collected(),
              law.dropped() + law.inferred() + law.died(),
              law.salvaged(),
              law.unaccounted()));
    }
    AccountingLaw sum = totals.law();
    String text =
        totals.syntheticMismatched > 0
            ? totals.syntheticMismatched + " records with wrong content"
            : sum.unaccounted() != 0 ? "the books do not balance" : "the books balance";
    return new Books(id, kinds, text);
  }

  /** The connection is gone; the producer may be, too. */
  synchronized void connectionLost() {
    if (lostSinceNs == 0) {
      lostSinceNs = clock.nanoTime();
    }
  }

  /** The client is back. */
  synchronized void resumed(PeerCredentials peer) {
    requireState(state != State.ENDED, "RESUME");
    if (peer.uid() != producerUid && peer.uid() != 0) {
      log.warn("session {}: {} has its token and is another user; refused", id, peer);
      throw new AttachRefusedException(
          AttachStatus.TOKEN, "the session of this token belongs to another user");
    }
    lostSinceNs = 0;
    producer = ProcessIdentity.of(peer.pid());
    log.info("session {} device {} resumed by {}", id, request.device(), peer);
  }

  /** What the death of the producer does: a relay takes the memory of its device along. */
  RunEnd endOfDeadProducer() {
    return arena.placement() == Placement.RELAY ? RunEnd.MEMORY_LOST : RunEnd.DIED;
  }

  /** Whether nobody writes to the arena any more. */
  synchronized boolean hasProducerDied() {
    return !producer.isAlive();
  }

  /** Whether a lost connection has to end the session now, and if so, why. */
  synchronized Optional<String> reasonToEnd() {
    if (state == State.ENDED) {
      return Optional.empty();
    }
    if (!arena.failure().isEmpty()) {
      return Optional.of("device failed: " + arena.failure());
    }
    if (lostSinceNs == 0) {
      return Optional.empty();
    }
    if (hasProducerDied()) {
      return Optional.of("producer died");
    }
    return clock.nanoTime() - lostSinceNs > settings.attach().resumeGraceNanos()
        ? Optional.of("connection lost and not resumed")
        : Optional.empty();
  }

  /** Why the device's memory cannot be used any more; empty while it can. Any thread. */
  String deviceFailure() {
    return arena.failure();
  }

  /** The device is known to have failed; the session ends for it. Any thread. */
  void deviceFailed(String cause) {
    arena.giveUp(cause);
  }

  /** Asks the device whether it is still there. Takes as long as it likes, and no lock. */
  void probe() {
    String problem = arena.probe();
    if (!problem.isEmpty()) {
      arena.giveUp(problem);
    }
  }

  /** Brings counters up to date and logs each new sort of violation once. Janitor. */
  synchronized void reconcile() {
    if (run != null) {
      RunTotals totals = run.totals();
      run.sampleHeadroom();
      drops.note(run);
      logViolations();
      capture.note(totals, past.plus(totals));
      capture.watch(clock.nanoTime());
    }
  }

  /**
   * Writes the rest of the capture; the session has ended. Waits for the disk, but not for ever.
   */
  void endCapture() {
    capture.end(ending);
  }

  /** The capture, if there is one, is complete, or given up. */
  void captureEnded() {
    isCaptureOpen = false;
  }

  /** What is captured of this session. */
  SessionCapture capture() {
    return capture;
  }

  private void logViolations() {
    RunTotals totals = run.totals();
    for (AbiViolation violation : AbiViolation.ALL) {
      int sort = violation.ordinal();
      if (totals.violations[sort] > 0 && !isLogged[sort]) {
        isLogged[sort] = true;
        log.warn(
            "session {} device {}: the device wrote {} ({}); further ones are only counted",
            id,
            request.device(),
            violation.meaning(),
            run.books().evidence(violation));
      }
    }
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
    return ((state == State.ENDED ? endedNs : clock.nanoTime()) - startedNs) / 1e9;
  }

  synchronized State state() {
    return state;
  }

  /** For people and scripts. */
  synchronized String stateName() {
    String name = state.name().toLowerCase(Locale.ROOT);
    if (state == State.ENDED) {
      // Whoever waits for the end of a session also wants its capture.
      return (isCaptureOpen ? "closing" : name) + " (" + ending + ")";
    }
    return lostSinceNs != 0 ? name + " (connection lost)" : name;
  }

  /** All runs so far, the present one included. */
  synchronized RunTotals totals() {
    return run == null ? past : past.plus(run.totals());
  }

  /** Of the run under way, and of the one before as long as that lies within the windows. */
  synchronized Headroom headroom() {
    long ageNs = clock.nanoTime() - lastHeadroomNs;
    Headroom last =
        ageNs < settings.headroom().windowNanos()
            ? lastHeadroom
            : ageNs < Headroom.WORST_NANOS ? lastHeadroom.ended() : Headroom.IDLE;
    return run == null ? last : run.headroom().nearerOf(last);
  }

  /** As {@link #headroom}; of a session that is over, what it was in its last minute. */
  synchronized Headroom headroomToShow() {
    return state == State.ENDED ? headroom().nearerOf(lastHeadroom.ended()) : headroom();
  }

  /** Of all runs so far, the present one included; a copy. */
  synchronized RunLatencies latencies() {
    RunLatencies sum = new RunLatencies().add(pastLatencies);
    if (run != null) {
      run.books().addLatencies(sum);
    }
    return sum;
  }

  long arenaBytes() {
    return arenaBytes;
  }

  Placement placement() {
    return arena.placement();
  }

  /** How the producer gets to see the arena. */
  String route() {
    return route;
  }

  ArenaPlan plan() {
    return arena.plan();
  }

  boolean hasHugePages() {
    return arena.hasHugePages();
  }

  boolean isLocked() {
    return arena.isLocked();
  }

  /** What the host could not give for this arena; empty if nothing. */
  String notice() {
    return arena.notice();
  }

  /** Reads from the run under way, if there is one, while it cannot go away. */
  synchronized void withRun(java.util.function.Consumer<SessionRun> reader) {
    if (run != null) {
      reader.accept(run);
    }
  }
}
