package dev.sluice.session;

import static dev.sluice.session.SessionView.State.ATTACHED;
import static dev.sluice.session.SessionView.State.CLOSING;
import static dev.sluice.session.SessionView.State.ENDED;
import static dev.sluice.session.SessionView.State.FAILED;
import static dev.sluice.session.SessionView.State.RUNNING;
import static dev.sluice.session.SessionView.State.SETTLED;
import static dev.sluice.session.SessionView.State.SETTLING;
import static dev.sluice.session.SessionView.State.STARTING;

import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Region;
import dev.sluice.abi.RunId;
import dev.sluice.agent.Agent;
import dev.sluice.bridge.ArenaLocks;
import dev.sluice.config.Settings;
import dev.sluice.device.Arena;
import dev.sluice.handoff.OpenRuns;
import dev.sluice.ingest.RunEnd;
import dev.sluice.output.capture.CaptureManifest;
import dev.sluice.session.RefusedException.Reason;
import dev.sluice.session.SessionView.State;
import dev.sluice.session.run.Run;
import dev.sluice.session.run.RunSetup;
import dev.sluice.session.run.RunTotals;
import dev.sluice.session.run.ThreadPacking;
import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * State machine of one attached producer, from the grant of its arena to its end:
 *
 * <pre>
 *   ATTACHED --START--> STARTING --> RUNNING --RUN_END--> SETTLING --> SETTLED --START--> ...
 *                          |                                 |
 *                          +-- fails: previous state         +-- device not complete: RUNNING
 *
 *   any of these --DETACH, lost, stop--> (SETTLING) --> CLOSING --> ENDED
 *   any of these --a thread hangs--> FAILED
 * </pre>
 *
 * <p>Transitions are commands: {@link CommandQueue} runs them one at a time on the owner thread.
 * Fields belong to the owner unless noted. All other threads read {@link #view}, which the owner
 * publishes after each change. The exception is {@link #giveUp}: it comes from another thread when
 * the owner hangs, is final, and overrides whatever the owner publishes later.
 *
 * <p>An illegal request throws {@link RefusedException} and changes nothing. A step that fails is
 * undone or ends the session.
 */
public final class Session {
  private static final Logger log = LoggerFactory.getLogger(Session.class);
  private static final int DEVICE_ALIGNMENT = 64;
  private static final long DISK_PAUSE_NANOS = 200_000;
  private static final long SETTLING_LOOK_NANOS = 100_000_000;
  // A session whose counters fail to read this many times in a row is broken and ends.
  private static final int MAX_FAILED_TICKS = 10;
  private static final long LEAVE_FLUSH_NANOS = 1_000_000_000;
  // A thread of a failed device returns promptly or never.
  private static final long FAILED_STOP_NANOS = 1_000_000_000;

  private final int id;
  private final SessionRequest request;
  private final Sessions stage;
  private final Settings settings;
  private final SessionMemory memory;
  private final Producer producer;
  private final SessionBooks books;
  private final SessionCapture capture;
  private final SessionKeeping keeping;
  private final Recycled recycled;
  private final Instant startedAt;
  private final long startedNs;
  private final CommandQueue commands;
  private final AtomicReference<SessionView> view;
  // Latest connection reported lost; the owner consumes it at the next tick at the latest.
  private final AtomicInteger lostConnection = new AtomicInteger();

  private State state = ATTACHED;
  private String ending = "";
  private long endedNs;
  private Run run;
  private int runs;
  private RunId lastRun = RunId.UNKNOWN;
  private long baseOfRun;
  private long windowSinceNs;
  private int failedTicks;
  // Written by the owner; read by threads that detect hangs.
  private volatile ThreadPacking.Crew crew;
  private volatile long inDeviceSinceNs;
  private volatile boolean isInDevice;

  Session(
      int id, SessionRequest request, Arena arena, Peer peer, Settings settings, Sessions stage) {
    this.id = id;
    this.request = request;
    this.stage = stage;
    this.settings = settings;
    this.startedAt = Instant.now();
    this.startedNs = stage.clock().nanoTime();
    this.windowSinceNs = startedNs;
    this.memory = new SessionMemory(arena, id, request.device());
    this.producer = new Producer(peer);
    CaptureManifest manifest = stage.captures().manifest(id, request, startedAt, startedNs);
    this.capture = stage.captures().begin(manifest, request.capture(settings.capture()));
    this.keeping =
        SessionKeeping.begun(
            stage.kept(),
            new SessionIdentity(
                manifest,
                arena.plan(),
                arena.placement(),
                request.bareProcess(),
                request.patienceMs(),
                capture.directory()),
            arena.plan(),
            settings.collector().shards());
    this.recycled = new Recycled();
    this.books = newBooks();
    this.commands = new CommandQueue(stage.workers());
    this.view = new AtomicReference<>(look());
  }

  /**
   * Takes over a session left by another process. Its producer has no connection; {@link #takeOver}
   * resumes a run that was under way.
   */
  Session(
      SessionKeeping keeping,
      Arena arena,
      SessionCapture capture,
      Settings settings,
      Sessions stage) {
    SessionIdentity identity = keeping.identity();
    SessionKeeping.Books saved = keeping.saved();
    this.id = identity.session();
    this.request = identity.request();
    this.stage = stage;
    this.settings = settings;
    this.startedAt = identity.manifest().clock().startedAt();
    this.startedNs = identity.manifest().clock().hostOriginNs();
    this.windowSinceNs = stage.clock().nanoTime();
    this.memory = new SessionMemory(arena, id, request.device());
    this.producer = Producer.lost(saved.peer(), saved.connection());
    this.capture = capture;
    this.keeping = keeping;
    this.recycled = saved.recycled();
    this.books = newBooks();
    this.books.resume(saved.past());
    this.runs = saved.runs();
    this.baseOfRun = saved.deviceBase();
    this.state = saved.runs() == 0 ? ATTACHED : SETTLED;
    this.commands = new CommandQueue(stage.workers());
    this.view = new AtomicReference<>(look());
  }

  private SessionBooks newBooks() {
    return new SessionBooks(
        id,
        request.device(),
        settings.headroom().windowNanos(),
        stage.drops(),
        capture,
        stage.clock());
  }

  /**
   * Resumes the run that was under way when the other process ended; ends the session if its saved
   * state is not credible. Not yet visible to other threads.
   */
  void takeOver() {
    try {
      resumeRun();
      String mismatch = keeping.state().versionMismatch();
      if (!mismatch.isEmpty()) {
        log.warn("session {} is saved and ended: {}", id, mismatch);
        endUnaskedLater(mismatch); // a slow disk must not delay the sessions that continue
      }
    } catch (IOException | RuntimeException e) {
      log.error("session {}: not taken over", id, e);
      endHere(RunEnd.NOT_YET, "not taken over: " + e.getMessage());
    }
  }

  private void resumeRun() throws IOException {
    SessionKeeping.Books saved = keeping.saved();
    long beganNs = nowNs();
    if (saved.isRunning()) {
      touchDevice();
      try {
        crew = stage.threads().newCrew(settings, request.device());
        run = Run.resumed(setup(saved.deviceBase(), 0), saved.run(), memory.locks()::isLent);
        recycled.show(run);
        // Clear the lent marks before an agent moves a buffer: they would be stale if this process
        // died too.
        memory.locks().clearLent();
        crew.start(Integer.toString(id), run.agents(), run.engine(), memory.locks());
      } catch (Throwable e) {
        crew = null;
        run = null;
        throw e;
      } finally {
        leaveDevice();
      }
      enter(RUNNING);
    } else {
      memory.locks().clearLent();
    }
    log.info(
        "session {} device {} taken over from an earlier daemon in {} us: {}",
        id,
        request.device(),
        (nowNs() - beganNs) / 1_000,
        look().name());
  }

  private RunSetup setup(long deviceBase, long runEpoch) {
    return new RunSetup(
        memory.plan(),
        memory.view(),
        deviceBase,
        runEpoch,
        settings,
        stage.clock(),
        crew.meter(),
        request.checks(memory.plan(), settings.collector().verifySynthetic()),
        capture.ofRun(),
        keeping.state());
  }

  /** Hands the session's memory to the service manager, which keeps it from now on. */
  public void keep(byte[] token) {
    keeping.keep(token, memory.handover().fd(), capture.stages());
  }

  /** Returns the resume token of a session that was taken over. */
  public byte[] token() {
    return keeping.state().token();
  }

  /** A client that lost its connection to an earlier daemon can reconnect from now on. */
  void clientCanReturn() {
    commands.submit(
        () -> {
          producer.canReturn(nowNs());
          return null;
        });
  }

  /**
   * Stops without ending the session, so that another process can take it over; flushes the
   * capture.
   *
   * @return false if the session is not kept; it then continues
   */
  CompletionStage<Boolean> leave() {
    return commands.submit(
        () -> {
          boolean isKept = keeping.isKept() && !state.isOver();
          if (isKept) {
            ThreadPacking.Crew present = crew;
            if (present != null && !present.stop(stage.patience().hungNanos())) {
              log.error("session {}: a thread of its run hangs in a call", id);
            }
            capture.flush(LEAVE_FLUSH_NANOS);
            publish();
            log.info("session {} device {} is left to the next daemon", id, request.device());
          }
          return isKept;
        });
  }

  // --- requests, from any thread ---------------------------------------------------------------

  /**
   * Begins a run, overlapping with open runs where the layout can tell them apart. Returns the
   * device address of its terminal bank; 0 for none.
   *
   * @param at when the client sent the request
   */
  public CompletionStage<Long> start(long deviceBase, RunId id, HostTime at) {
    return commands.submit(
        () -> state == RUNNING ? startNext(deviceBase, id, at) : startNow(deviceBase, id, at));
  }

  /**
   * Ends the oldest run, which the device has completed; other open runs continue. Returns its
   * books.
   */
  public CompletionStage<RunTotals> runEnd(HostTime at) {
    return commands.submit(() -> runEndNow(at));
  }

  /** Ends the session and any open run. Returns the books of that run. */
  public CompletionStage<RunTotals> end(RunEnd how, String reason) {
    return end(how, reason, HostTime.now());
  }

  /** Like {@link #end(RunEnd, String)}, at the time of the client's request. */
  public CompletionStage<RunTotals> end(RunEnd how, String reason, HostTime at) {
    return commands.submit(() -> endNow(how, reason, at));
  }

  /**
   * Ends the session without a request from its client. Only the buffers of a dead producer can be
   * salvaged; a live device may still write to its buffers, so their records stay in flight.
   */
  public CompletionStage<RunTotals> endUnasked(String reason) {
    return commands.submit(() -> endUnaskedNow(reason));
  }

  /** Like {@link #end}, on this thread; does nothing if the session has an owner or is over. */
  void endHere(RunEnd how, String reason) {
    commands.runIfIdle(
        () -> {
          if (!state.isOver()) {
            endNow(how, reason);
          }
        });
  }

  /** Reconnects the client. Returns the number of the new connection. */
  public CompletionStage<Integer> resume(Peer peer) {
    return commands.submit(() -> resumeNow(peer));
  }

  /**
   * Reports what the client's guard has recycled so far.
   *
   * @param records by kind, untrusted
   */
  public void recycled(long[] records) {
    commands.submit(
        () -> {
          if (!state.isOver()) {
            recycled.tell(records, run);
          }
          return null;
        });
  }

  /** Reports a lost connection by the number that {@link #resume} returned. */
  public void connectionLost(int connection) {
    lostConnection.accumulateAndGet(connection, Math::max);
    commands.submit(
        () -> {
          noteLoss();
          return null;
        });
  }

  /** Returns the last published view. Never waits. */
  public SessionView view() {
    return view.get();
  }

  public int id() {
    return id;
  }

  public int device() {
    return request.device();
  }

  public SessionRequest request() {
    return request;
  }

  public Geometry geometry() {
    return request.geometry();
  }

  public Instant startedAt() {
    return startedAt;
  }

  /** Returns the seconds from attach to the end, or until now. */
  public double durationSeconds() {
    long ended = view().endedNs();
    return ((ended != 0 ? ended : nowNs()) - startedNs) / 1e9;
  }

  /** Returns the memory; also valid after the end of the session. */
  public SessionMemory memory() {
    return memory;
  }

  /** Returns the capture of this session. */
  public SessionCapture capture() {
    return capture;
  }

  // --- commands, on the owner's thread ---------------------------------------------------------

  private long startNow(long deviceBase, RunId runId, HostTime at) {
    require(state == ATTACHED || state == SETTLED, "START");
    if (deviceBase == 0 || deviceBase % DEVICE_ALIGNMENT != 0) {
      throw new RefusedException(
          Reason.MALFORMED,
          String.format("device_base 0x%x is not a positive multiple of 64", deviceBase));
    }
    State before = state;
    enter(STARTING);
    Run begun = null;
    try {
      crew = stage.threads().newCrew(settings, request.device());
      touchDevice();
      begun = new Run(setup(deviceBase, runId.epoch()));
      if (!memory.failure().isEmpty()) {
        throw new RefusedException(Reason.DEVICE_DOWN, memory.failure());
      }
      capture.beginRun(Run.FIRST_PLACE, runId, at);
      baseOfRun = deviceBase;
      crew.start(Integer.toString(id), begun.agents(), begun.engine(), memory.locks());
    } catch (Throwable e) {
      undoStart(before);
      if (e instanceof OutOfMemoryError) {
        throw new RefusedException(Reason.BUSY, "cannot create a thread: " + e.getMessage());
      }
      throw e;
    } finally {
      leaveDevice();
    }
    run = begun;
    lastRun = runId;
    enter(RUNNING);
    log.info(
        "session {} device {} run started: {} level {}, {} cores, {} threads {}",
        id,
        request.device(),
        geometry().layout(),
        geometry().level(),
        geometry().numCores(),
        geometry().schedThreads(),
        crew.mode().name().toLowerCase(Locale.ROOT));
    return terminalBank(deviceBase, runs++);
  }

  /** Returns the bank's device address, 0 without banks. Overlapping runs get different banks. */
  private long terminalBank(long deviceBase, int number) {
    int banks = geometry().layout().facts().terminalBanks();
    return banks == 0 ? 0 : deviceBase + geometry().terminalBankOffset(number % banks);
  }

  private long startNext(long deviceBase, RunId runId, HostTime at) {
    long epoch = runId.epoch();
    require(deviceBase == baseOfRun, "START of another run at another address");
    if (geometry().regions() != Region.SWIMLANE_ONLY) {
      throw new RefusedException(
          Reason.STATE,
          "START while a run is open: runs of a session with pmu or scope_stats do not overlap");
    }
    int place = run.placeFor(epoch);
    require(place != OpenRuns.OTHER, "START of run " + epochText(epoch));
    capture.beginRun(place, runId, at);
    run.begin(place, epoch);
    lastRun = runId;
    log.info(
        "session {} device {} run {} started, overlapping others", id, device(), epochText(epoch));
    return terminalBank(deviceBase, runs++);
  }

  private static String epochText(long epoch) {
    return epoch == 0 ? "without an epoch" : Long.toUnsignedString(epoch);
  }

  private void undoStart(State before) {
    if (crew != null && !crew.stop(stage.patience().hungNanos())) {
      fail("a thread of a run that failed to start hangs");
      return;
    }
    crew = null;
    capture.endRun(List.of(), 0, HostTime.now());
    enter(before);
  }

  private RunTotals runEndNow(HostTime at) {
    require(state == RUNNING, "RUN_END");
    if (run.isOverlapped()) {
      return endFirst(at)
          .orElseThrow(
              () ->
                  new RefusedException(
                      Reason.STATE,
                      "RUN_END is too early: run "
                          + epochText(run.epoch())
                          + " has no terminal entries yet, or its capture has not caught up"));
    }
    enter(SETTLING);
    takeOffThreads();
    if (!isDeviceComplete()) {
      goOn();
      throw new RefusedException(
          Reason.STATE, "RUN_END is too early: the device is still writing; wait and retry");
    }
    RunTotals totals = settle(RunEnd.COMPLETE, "settled", at);
    if (!totals.contradiction.isEmpty()) {
      close(RunEnd.COMPLETE, wrongLayout(totals.contradiction));
      throw new RefusedException(Reason.LAYOUT, wrongLayout(totals.contradiction));
    }
    enter(SETTLED);
    return totals;
  }

  /** Ends the oldest run while the next one continues. */
  private Optional<RunTotals> endFirst(HostTime at) {
    try {
      long epoch = run.epoch();
      Optional<RunTotals> first = run.endFirst(settling());
      first.ifPresent(
          totals -> {
            recycled.settleFirst(totals);
            books.closeFirst(totals, run, "settled");
            capture.endRun(epoch, at);
          });
      return first;
    } finally {
      leaveDevice();
      publish();
    }
  }

  private boolean isDeviceComplete() {
    try {
      return run.isComplete(settling());
    } catch (RefusedException e) {
      throw e; // the session was given up in the meantime
    } catch (Throwable e) {
      log.error("session {}: cannot check whether its device is at rest", id, e);
      return true; // settle as far as possible
    } finally {
      leaveDevice();
    }
  }

  /** Resumes a run that the client reported complete while the device was still writing. */
  private void goOn() {
    try {
      crew = stage.threads().newCrew(crew);
      crew.start(Integer.toString(id), run.agents(), run.engine(), memory.locks());
      enter(RUNNING);
    } catch (Throwable e) {
      log.error("session {}: run cannot continue, the session ends", id, e);
      takeOffThreads();
      endNow(RunEnd.NOT_YET, "its run cannot continue");
    }
  }

  private RunTotals endUnaskedNow(String reason) {
    RunTotals totals = endNow(producer.hasDied() ? RunEnd.DIED : RunEnd.NOT_YET, reason);
    stage.revoked(this, totals);
    return totals;
  }

  private RunTotals endNow(RunEnd how, String reason) {
    return endNow(how, reason, HostTime.now());
  }

  private RunTotals endNow(RunEnd how, String reason, HostTime at) {
    require(!state.isOver(), "DETACH");
    RunTotals ofRun = new RunTotals();
    RunEnd known = how;
    try {
      if (state == RUNNING || state == SETTLING) {
        if (state == RUNNING) {
          if (how == RunEnd.COMPLETE) {
            ofRun = endAllButLast(at);
          }
          enter(SETTLING);
          takeOffThreads();
        }
        if (how == RunEnd.COMPLETE && !isDeviceComplete()) {
          log.warn("session {}: detached while the device was still writing", id);
          known = RunEnd.NOT_YET;
        }
        ofRun = ofRun.plus(settle(known, reason, at));
      }
    } finally {
      if (!isGivenUp()) {
        boolean isWrong = !ofRun.contradiction.isEmpty();
        close(known, isWrong ? wrongLayout(ofRun.contradiction) : reason);
      }
    }
    return ofRun;
  }

  private RunTotals endAllButLast(HostTime at) {
    RunTotals ended = new RunTotals();
    Optional<RunTotals> first = Optional.of(ended);
    while (run.isOverlapped() && first.isPresent()) {
      first = endFirst(at);
      ended = first.isPresent() ? ended.plus(first.get()) : ended;
    }
    return ended;
  }

  private static String wrongLayout(String contradiction) {
    return "wrong layout: " + contradiction;
  }

  /** Closes the session, regardless of earlier failures. */
  private void close(RunEnd how, String reason) {
    ending = reason;
    endedNs = nowNs();
    enter(CLOSING);
    stage.tellOfFailure(this);
    try {
      touchDevice();
      if (how.isComplete()) {
        producer.letGo();
      }
      memory.end(how.isComplete());
    } catch (Throwable e) {
      log.error("session {}: cannot release its memory", id, e);
    } finally {
      leaveDevice();
    }
    log.info("session {} device {} ended: {}", id, request.device(), reason);
    try {
      capture.end(reason, stage.diskNanos());
    } catch (Throwable e) {
      log.error("session {}: cannot end its capture", id, e);
    } finally {
      keeping.end();
      enter(ENDED);
      stage.over(this);
      keeping.close();
    }
  }

  /**
   * Whether another thread gave the session up while its owner hung; its resources are then off
   * limits to the owner.
   */
  private boolean isGivenUp() {
    return view.get().state() == FAILED;
  }

  private void takeOffThreads() {
    if (!crew.stop(memory.failure().isEmpty() ? stage.patience().hungNanos() : FAILED_STOP_NANOS)) {
      fail("a thread of its run hangs in a call");
      throw new RefusedException(Reason.DEVICE_DOWN, ending);
    }
    run.giveUpOn(brokenAgents());
  }

  private RunTotals settle(RunEnd end, String reason, HostTime at) {
    try {
      run.settle(end, settling());
    } catch (Throwable e) {
      log.error("session {}: cannot settle its run", id, e);
    } finally {
      leaveDevice();
    }
    RunTotals totals = books.close(run, reason, at);
    recycled.settle();
    run = null;
    crew = null;
    return totals;
  }

  private Set<Agent> brokenAgents() {
    Set<Agent> broken = Collections.newSetFromMap(new IdentityHashMap<>());
    crew.givenUp().forEach(index -> broken.add(run.agents().get(index)));
    return broken;
  }

  /**
   * Supports a settlement: detects that the session was given up, and keeps the view current while
   * it waits for the disk.
   */
  private Run.Settling settling() {
    long untilNs = nowNs() + stage.diskNanos();
    return new Run.Settling() {
      private long lookedNs = nowNs();

      @Override
      public void step() {
        touchDevice();
        if (isGivenUp()) {
          throw new RefusedException(Reason.DEVICE_DOWN, view.get().ending());
        }
      }

      @Override
      public boolean waitForDisk() {
        leaveDevice();
        long nowNs = nowNs();
        if (nowNs - lookedNs >= SETTLING_LOOK_NANOS) {
          lookedNs = nowNs;
          touchDevice();
          run.count();
          leaveDevice();
          capture.watch(nowNs);
          publish();
        }
        LockSupport.parkNanos(DISK_PAUSE_NANOS);
        return nowNs - untilNs < 0 && capture.isOn();
      }
    };
  }

  private int resumeNow(Peer peer) {
    require(!state.isOver(), "RESUME");
    int connection = producer.resume(peer);
    if (connection == 0) {
      log.warn("session {}: refused {}: valid token, but another user", id, peer);
      throw new RefusedException(
          Reason.NOT_YOURS, "the session of this token belongs to another user");
    }
    log.info("session {} device {} resumed by {}", id, request.device(), peer);
    publish();
    return connection;
  }

  /**
   * Updates counters, logs each new kind of violation once, rotates watermark windows, and ends the
   * session if its producer or its device is gone. Skipped while the session has an owner.
   */
  void tick() {
    commands.runIfIdle(
        () -> {
          try {
            tickNow();
            failedTicks = 0;
          } catch (Throwable e) {
            tickFailed(e);
          } finally {
            leaveDevice();
          }
        });
  }

  private void tickNow() {
    if (state.isOver()) {
      return;
    }
    long nowNs = nowNs();
    noteLoss();
    if (run != null) {
      touchDevice();
      run.count();
      run.sampleHeadroom();
      books.note(run);
      capture.watch(nowNs);
      if (nowNs - windowSinceNs >= stage.windowNanos()) {
        windowSinceNs = nowNs;
        run.engine().rotateWatermarks();
      }
      leaveDevice();
    }
    publish();
    reasonToEnd(nowNs)
        .ifPresent(
            reason -> {
              // Before the end becomes visible: a reader that sees the failure must also find the
              // device down.
              stage.tellOfFailure(this);
              endUnaskedLater(reason);
            });
  }

  private void noteLoss() {
    int lost = lostConnection.getAndSet(0);
    if (lost != 0 && !state.isOver() && producer.connectionLost(lost, nowNs())) {
      log.info("session {} lost its connection to {}", id, producer.peer());
      publish();
    }
  }

  private void tickFailed(Throwable e) {
    if (failedTicks++ == 0) {
      log.error("session {}: internal error", id, e);
    }
    if (failedTicks == MAX_FAILED_TICKS) {
      endUnaskedLater("its counters cannot be read: " + e);
    }
  }

  private void endUnaskedLater(String reason) {
    commands.submit(() -> state.isOver() ? null : endUnaskedNow(reason));
  }

  private Optional<String> reasonToEnd(long nowNs) {
    if (run != null && !run.contradiction().isEmpty()) {
      return Optional.of(wrongLayout(run.contradiction()));
    }
    return memory.failure().isEmpty()
        ? producer.reasonToEnd(nowNs, settings.attach().resumeGraceNanos())
        : Optional.of("device failed: " + memory.failure());
  }

  private void require(boolean isLegal, String message) {
    if (!isLegal) {
      throw new RefusedException(
          Reason.STATE, message + " is not legal: session " + id + " is " + look().name());
    }
  }

  private void enter(State next) {
    state = next;
    publish();
  }

  /** A thread of this session hangs: the owner gives the session up itself. */
  private void fail(String cause) {
    ending = cause;
    endedNs = nowNs();
    giveUp(cause);
    state = FAILED;
  }

  private SessionView look() {
    return new SessionView(
        state,
        producer.isLost(),
        ending,
        endedNs,
        books.totals(run),
        Optional.ofNullable(run),
        books.lastHeadroom(),
        capture.totals(),
        runs,
        lastRun);
  }

  /** Publishes the current state, unless the session was given up. */
  private void publish() {
    SessionView before = view.get();
    if (before.state() != FAILED) {
      view.compareAndSet(before, look());
      if (!state.isOver()) {
        keeping.save(
            new SessionKeeping.Books(
                producer.peer(),
                producer.connection(),
                runs,
                baseOfRun,
                books.past(),
                books.totals(run),
                stage.history(request.device()),
                recycled,
                run != null && state != STARTING,
                null),
            run);
      }
    }
  }

  private long nowNs() {
    return stage.clock().nanoTime();
  }

  // --- hung threads ----------------------------------------------------------------------------

  /**
   * Marks this thread as inside the arena. Called before an access and before each further step of
   * a long one, to restart the hang timer.
   */
  private void touchDevice() {
    inDeviceSinceNs = nowNs();
    if (!isInDevice) {
      isInDevice = true;
      memory.locks().take(ArenaLocks.OWNER);
    }
  }

  private void leaveDevice() {
    if (isInDevice) {
      memory.locks().give(ArenaLocks.OWNER);
      isInDevice = false;
    }
  }

  /** Returns how long a thread of this session may have been inside one device call. Any thread. */
  long hungNanos() {
    long nanos = isInDevice ? nowNs() - inDeviceSinceNs : 0;
    ThreadPacking.Crew present = crew;
    return present == null ? nanos : Math.max(nanos, present.stallNanos());
  }

  /**
   * Gives the session up even while it has an owner: abandons its threads, leaves its memory as it
   * is, and fails all pending commands. Never waits. Any thread.
   *
   * @return false if it was over already
   */
  boolean giveUp(String cause) {
    SessionView before;
    do {
      before = view.get();
      if (before.state() == ENDED || before.state() == FAILED) {
        return false;
      }
    } while (!view.compareAndSet(before, before.failed(cause, nowNs())));
    log.error("session {} device {} is given up: {}", id, request.device(), cause);
    memory.quarantine(cause);
    ThreadPacking.Crew present = crew;
    if (present != null) {
      present.abandon();
    }
    commands.abandon(
        new RefusedException(Reason.DEVICE_DOWN, "the session was given up: " + cause));
    stage.over(this);
    stage.revoked(this, before.totals());
    return true;
  }

  /**
   * Ends the capture of a session that was given up, once no collector can write to it. A collector
   * that hangs in device memory is harmless: it returns without a record.
   */
  void endCaptureOfFailed() {
    ThreadPacking.Crew last = crew;
    long untilNs = System.nanoTime() + FAILED_STOP_NANOS;
    while (last != null && !last.hasLeft() && System.nanoTime() - untilNs < 0) {
      LockSupport.parkNanos(DISK_PAUSE_NANOS);
    }
    if (last == null || last.hasLeft() || memory.placement().isOnDevice()) {
      capture.end(view().ending(), stage.diskNanos());
    } else {
      log.error("session {}: capture left open: a thread may still be writing to it", id);
    }
  }

  /** Whether a thread is running one of its commands. Any thread. */
  boolean isOwned() {
    return commands.isOwned();
  }

  /** Whether neither a thread nor the producer still uses the memory that the session left. */
  boolean isLeftMemoryFree() {
    ThreadPacking.Crew last = crew;
    return producer.isDone() && !isOwned() && (last == null || last.hasLeft());
  }
}
