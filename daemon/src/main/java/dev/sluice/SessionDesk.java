package dev.sluice;

import dev.sluice.abi.BufferKind;
import dev.sluice.abi.Geometry;
import dev.sluice.abi.HostTime;
import dev.sluice.abi.Layout;
import dev.sluice.abi.LayoutOverrides;
import dev.sluice.abi.PhaseNumbering;
import dev.sluice.abi.PmuEvents;
import dev.sluice.abi.Region;
import dev.sluice.abi.RunId;
import dev.sluice.abi.WireFact;
import dev.sluice.abi.WireFacts;
import dev.sluice.config.BufferCounts;
import dev.sluice.config.Placement;
import dev.sluice.device.ArenaPlan;
import dev.sluice.device.Handover;
import dev.sluice.ingest.AccountingLaw;
import dev.sluice.ingest.RunEnd;
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
import dev.sluice.session.Peer;
import dev.sluice.session.RefusedException;
import dev.sluice.session.Session;
import dev.sluice.session.SessionMemory;
import dev.sluice.session.SessionRequest;
import dev.sluice.session.Sessions;
import dev.sluice.session.run.RunTotals;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/**
 * Serves sessions to the attach and control sockets: maps tokens to sessions, forwards each call,
 * and translates between the attach contract and the session stage. Called on event loops; never
 * blocks. The lock guards the tokens.
 */
final class SessionDesk implements SessionBroker, ControlActions {
  // Tokens of ended sessions, kept so that a late client learns the reason.
  private static final int KEPT_OVER = 64;

  private final Sessions sessions;
  private final SecureRandom random = new SecureRandom();
  private final Map<Token, Session> byToken = new LinkedHashMap<>();

  SessionDesk(Sessions sessions) {
    this.sessions = sessions;
  }

  @Override
  public CompletionStage<Granted> attach(AttachRequest request, PeerCredentials peer) {
    try {
      return answer(
          sessions.attach(request(request), peer(peer)),
          grant -> {
            Session session = grant.session();
            Token token = Token.random(random);
            keep(token, session);
            session.keep(token.toBytes());
            return granted(
                session.id(), token, session.memory(), grant.descriptor(), grant.connection());
          });
    } catch (AttachRefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Registers a session resumed from an earlier daemon process. */
  void resumed(Session session) {
    keep(Token.of(session.token()), session);
  }

  private static Peer peer(PeerCredentials peer) {
    return Peer.of(peer.pid(), peer.uid());
  }

  private synchronized void keep(Token token, Session session) {
    byToken.put(token, session);
    List<Token> over = new ArrayList<>();
    byToken.forEach(
        (known, of) -> {
          if (of.view().state().isOver()) {
            over.add(known);
          }
        });
    over.stream().limit(Math.max(0, over.size() - KEPT_OVER)).forEach(byToken::remove);
  }

  private synchronized Session find(Token token) {
    Session session = byToken.get(token);
    if (session == null) {
      throw new AttachRefusedException(AttachStatus.TOKEN, "no open session has this token");
    }
    if (session.view().state().isOver()) {
      sessions.refuseIfStopping();
      throw new AttachRefusedException(
          AttachStatus.TOKEN, "session " + session.id() + " is " + session.view().name());
    }
    return session;
  }

  /** Forwards a question to the session of a token; fails if no open session has it. */
  private <T, R> CompletionStage<R> ask(
      Token token, Function<Session, CompletionStage<T>> question, Words<T, R> words) {
    try {
      Session session = find(token);
      return answer(question.apply(session), value -> words.of(session, value));
    } catch (AttachRefusedException | RefusedException e) {
      return CompletableFuture.failedFuture(refusal(e));
    }
  }

  private interface Words<T, R> {
    R of(Session session, T value);
  }

  private static <T, R> CompletionStage<R> answer(CompletionStage<T> stage, Function<T, R> words) {
    CompletableFuture<R> answer = new CompletableFuture<>();
    stage.whenComplete(
        (value, failure) -> {
          try {
            if (failure == null) {
              answer.complete(words.apply(value));
            } else {
              answer.completeExceptionally(
                  refusal(
                      failure instanceof CompletionException && failure.getCause() != null
                          ? failure.getCause()
                          : failure));
            }
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  @Override
  public CompletionStage<Started> start(Token token, long deviceBase, RunId run, HostTime at) {
    return ask(
        token,
        session -> session.start(deviceBase, run, at),
        (session, terminalBank) -> new Started(session.id(), terminalBank));
  }

  @Override
  public CompletionStage<Books> runEnd(Token token, HostTime at) {
    return ask(token, session -> session.runEnd(at), SessionDesk::books);
  }

  @Override
  public CompletionStage<Books> detach(Token token, HostTime at) {
    return ask(
        token, session -> session.end(RunEnd.COMPLETE, "detached", at), SessionDesk::rightBooks);
  }

  @Override
  public CompletionStage<Books> detachLost(Token token, String reason) {
    return ask(
        token, session -> session.end(RunEnd.DIED, "device lost: " + reason), SessionDesk::books);
  }

  /** Returns the books, or refuses if the layout was wrong: such counts mean nothing. */
  private static Books rightBooks(Session session, RunTotals totals) {
    if (!totals.contradiction.isEmpty()) {
      throw new AttachRefusedException(
          AttachStatus.LAYOUT, "wrong layout: " + totals.contradiction);
    }
    return books(session, totals);
  }

  @Override
  public CompletionStage<Granted> resume(Token token, PeerCredentials peer) {
    return ask(
        token,
        session -> session.resume(peer(peer)),
        (session, connection) -> granted(session.id(), token, session.memory(), -1, connection));
  }

  @Override
  public void recycled(Token token, long[] records) {
    Session session;
    synchronized (this) {
      session = byToken.get(token);
    }
    if (session != null) {
      session.recycled(records);
    }
  }

  @Override
  public void connectionLost(Token token, int connection) {
    Session session;
    synchronized (this) {
      session = byToken.get(token);
    }
    if (session != null) {
      session.connectionLost(connection);
    }
  }

  @Override
  public void onRevoked(BiConsumer<Token, Books> listener) {
    sessions.onRevoked(
        (session, totals) -> {
          Books counted = books(session, totals);
          Books books =
              totals.contradiction.isEmpty() ? counted.withText(session.view().ending()) : counted;
          tokensOf(session).forEach(token -> listener.accept(token, books));
        });
  }

  private synchronized List<Token> tokensOf(Session session) {
    List<Token> tokens = new ArrayList<>();
    byToken.forEach(
        (token, of) -> {
          if (of == session) {
            tokens.add(token);
          }
        });
    return tokens;
  }

  @Override
  public CompletionStage<Books> detachSession(int id) {
    return sessions
        .open(id)
        .map(
            session ->
                answer(
                    session.endUnasked("detached by the operator"),
                    totals -> books(session, totals)))
        .orElseGet(
            () ->
                CompletableFuture.failedFuture(
                    new AttachRefusedException(
                        AttachStatus.STATE, "no open session has number " + id)));
  }

  @Override
  public CompletionStage<List<String>> snapshot(String reason) {
    return answer(sessions.snapshot(reason), taken -> taken.stream().map(Path::toString).toList());
  }

  // --- translation between the attach contract and the session stage ----------------------------

  /** Translates a client's request: the layout of its generation, the numbers of its runtime. */
  private static SessionRequest request(AttachRequest request) {
    List<Integer> asked = request.overrides().buffersPerInstance();
    AttachRequest.Reach reach = request.reach();
    return new SessionRequest(
        request.device(),
        request.name(),
        geometry(request),
        overrides(request),
        new BufferCounts(asked.get(0), asked.get(1), asked.get(2), asked.get(3)),
        request.synthetic(),
        Arrays.stream(Placement.values())
            .filter(placement -> reach.includes(placement.wireNumber()))
            .collect(Collectors.toSet()),
        reach.bareProcess(),
        request.patienceMs());
  }

  private static Geometry geometry(AttachRequest request) {
    int regions = regions(request);
    try {
      return new Geometry(
          layout(request),
          request.numCores(),
          request.schedThreads(),
          request.orchThreads(),
          request.level(),
          regions,
          Region.PMU.isIn(regions) ? pmuEvents(request) : 0);
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.GEOMETRY, e.getMessage());
    }
  }

  private static int regions(AttachRequest request) {
    int asked = request.wire().regions();
    int served = 0;
    for (Region region : Region.ALL) {
      served |= 1 << region.number();
    }
    if ((asked & ~served) != 0) {
      throw new AttachRefusedException(
          AttachStatus.LAYOUT,
          String.format(
              "regions 0x%x are not supported; supported: %s",
              asked & ~served,
              Region.ALL.stream().map(Region::label).collect(Collectors.joining(", "))));
    }
    return asked == 0 ? Region.SWIMLANE_ONLY : asked;
  }

  private static int pmuEvents(AttachRequest request) {
    int asked = request.wire().pmuEvents();
    int events = asked == 0 ? PmuEvents.DEFAULT : asked;
    if (!PmuEvents.isKnown(events)) {
      throw new AttachRefusedException(
          AttachStatus.GEOMETRY, "PMU_EVENTS " + events + " is not one of " + PmuEvents.TYPES);
    }
    return events;
  }

  private static Layout layout(AttachRequest request) {
    try {
      Layout named = Layout.parse(request.wire().layout());
      return Layout.of(named.generation(), named.platform(), overrides(request));
    } catch (IllegalArgumentException e) {
      throw new AttachRefusedException(AttachStatus.LAYOUT, e.getMessage());
    }
  }

  /** Returns the constants that the client's runtime was built with; 0 for the layout's own. */
  private static LayoutOverrides overrides(AttachRequest request) {
    AttachRequest.Overrides asked = request.overrides();
    List<Integer> records = asked.bufferRecords();
    return new LayoutOverrides(
        asked.slotCount(),
        asked.readyQueueEntries(),
        records.get(BufferKind.AICPU_TASK.ordinal()),
        records.get(BufferKind.SCHED_PHASE.ordinal()),
        records.get(BufferKind.ORCH_PHASE.ordinal()),
        records.get(BufferKind.AICORE_TASK.ordinal()),
        facts(request));
  }

  /** Returns the client's overrides, plus the phase kinds if those depend on its runtime. */
  private static long facts(AttachRequest request) {
    long asked = request.overrides().facts();
    String runtime = request.wire().runtime();
    if (runtime.isEmpty() || WireFacts.isOverridden(WireFact.PHASE_KINDS, asked)) {
      return asked;
    }
    if (!PhaseNumbering.RUNTIMES.contains(runtime)) {
      throw new IllegalArgumentException(
          "unknown runtime '" + runtime + "'; known: " + PhaseNumbering.RUNTIMES);
    }
    String phaseKinds =
        Layout.parse(request.wire().layout()).facts().valueName(WireFact.PHASE_KINDS);
    return PhaseNumbering.RUNTIMES.contains(phaseKinds)
        ? asked | WireFacts.override(WireFact.PHASE_KINDS, runtime)
        : asked;
  }

  /**
   * Returns what the client needs to map the arena.
   *
   * @param descriptor descriptor of the arena, for the attach server to send and close; -1 for none
   */
  private static Granted granted(
      int session, Token token, SessionMemory memory, int descriptor, int connection) {
    ArenaPlan plan = memory.plan();
    Handover handover = memory.handover();
    return new Granted(
        session,
        token,
        connection,
        memory.placement().wireNumber(),
        plan.layout().pool().slotCount(),
        memory.bytes(),
        byRegion(plan::regionOffset),
        byRegion(plan.geometry()::regionBytes),
        plan.rotationOffset(),
        plan.buffersOffset(),
        memory.locksOffset(),
        BufferKind.ALL.stream().map(plan::buffers).toList(),
        BufferKind.ALL.stream().map(kind -> (long) plan.kindOffset(kind)).toList(),
        descriptor,
        memory.placement().isOnDevice()
            ? Optional.of(
                new Granted.DeviceShare(
                    handover.device(), memory.bytes(), handover.key(), handover.shareable()))
            : Optional.empty());
  }

  private static List<Long> byRegion(ToIntFunction<Region> number) {
    Long[] numbers = new Long[Region.NUMBERS];
    Arrays.fill(numbers, 0L);
    for (Region region : Region.ALL) {
      numbers[region.number()] = (long) number.applyAsInt(region);
    }
    return List.of(numbers);
  }

  /** Returns the books of one run, as sent to the client. */
  private static Books books(Session session, RunTotals totals) {
    List<Books.KindBooks> kinds = new ArrayList<>();
    for (AccountingLaw law : totals.laws) {
      kinds.add(
          new Books.KindBooks(
              law.produced(),
              law.collected(),
              law.missing(),
              law.salvaged(),
              law.neverStarted(),
              law.unaccounted()));
    }
    return new Books(session.id(), kinds, text(totals));
  }

  private static String text(RunTotals totals) {
    AccountingLaw law = totals.law();
    if (!totals.contradiction.isEmpty()) {
      return totals.contradiction;
    }
    if (totals.syntheticMismatched > 0) {
      return totals.syntheticMismatched + " records with wrong content";
    }
    if (law.unaccounted() != 0) {
      return "the books do not balance";
    }
    return law.inFlight() != 0
        ? "the device is still writing, " + law.inFlight() + " records in flight"
        : balance(law);
  }

  private static String balance(AccountingLaw law) {
    return "the books balance"
        + (law.neverStarted() == 0
            ? ""
            : ", " + law.neverStarted() + " dispatched tasks never started")
        + (law.recycled() == 0 ? "" : ", " + law.recycled() + " records recycled by the guard");
  }

  /**
   * Returns the refusal to send to the client; any other failure is a defect and stays as it is.
   */
  private static Throwable refusal(Throwable failure) {
    return failure instanceof RefusedException refused
        ? new AttachRefusedException(status(refused.reason()), refused.getMessage())
        : failure;
  }

  private static AttachStatus status(RefusedException.Reason reason) {
    return switch (reason) {
      case DEVICE -> AttachStatus.DEVICE;
      case DEVICE_DOWN -> AttachStatus.DEVICE_DOWN;
      case BUSY -> AttachStatus.BUSY;
      case MEMORY -> AttachStatus.MEMORY;
      case ARENA -> AttachStatus.ARENA;
      case PLACEMENT -> AttachStatus.PLACEMENT;
      case LAYOUT -> AttachStatus.LAYOUT;
      case MALFORMED -> AttachStatus.MALFORMED;
      case STATE -> AttachStatus.STATE;
      case NOT_YOURS -> AttachStatus.TOKEN;
      case STOPPING -> AttachStatus.STOPPING;
    };
  }
}
