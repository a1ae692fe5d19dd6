package dev.sluice;

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
import dev.sluice.session.Sessions;
import dev.sluice.session.run.RunTotals;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The sessions as the sockets ask for them: knows which token is whose, and passes everything on.
 * Called on event loops; never waits. The lock guards the tokens.
 */
final class SessionDesk implements SessionBroker, ControlActions {
  // Tokens of sessions that are over, so that a client is told why.
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
          sessions.attach(AttachWords.request(request), peer(peer)),
          grant -> {
            Session session = grant.session();
            Token token = Token.random(random);
            keep(token, session);
            return AttachWords.granted(
                session.id(), token, session.memory(), grant.descriptor(), grant.connection());
          });
    } catch (AttachRefusedException e) {
      return CompletableFuture.failedFuture(e);
    }
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

  /** Asks the session of a token; refused if there is none. */
  private <T, R> CompletionStage<R> ask(
      Token token, Function<Session, CompletionStage<T>> question, Words<T, R> words) {
    try {
      Session session = find(token);
      return answer(question.apply(session), value -> words.of(session, value));
    } catch (AttachRefusedException | RefusedException e) {
      return CompletableFuture.failedFuture(AttachWords.refusal(e));
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
                  AttachWords.refusal(
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
  public CompletionStage<Started> start(Token token, long deviceBase) {
    return ask(
        token,
        session -> session.start(deviceBase),
        (session, started) -> new Started(session.id()));
  }

  @Override
  public CompletionStage<Books> runEnd(Token token) {
    return ask(token, Session::runEnd, SessionDesk::books);
  }

  @Override
  public CompletionStage<Books> detach(Token token) {
    return ask(token, session -> session.end(RunEnd.COMPLETE, "detached"), SessionDesk::books);
  }

  @Override
  public CompletionStage<Books> detachLost(Token token, String reason) {
    return ask(
        token, session -> session.end(RunEnd.DIED, "device lost: " + reason), SessionDesk::books);
  }

  private static Books books(Session session, RunTotals totals) {
    return AttachWords.books(session.id(), totals);
  }

  @Override
  public CompletionStage<Granted> resume(Token token, PeerCredentials peer) {
    return ask(
        token,
        session -> session.resume(peer(peer)),
        (session, connection) ->
            AttachWords.granted(session.id(), token, session.memory(), -1, connection));
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
          Books books = AttachWords.books(session.id(), totals).withText(session.view().ending());
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
}
