package dev.sluice.service.attach;

import dev.sluice.service.AttachRefusedException;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.Granted;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.SessionBroker;
import dev.sluice.service.Token;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conversation with one client. Everything runs on the connection's event loop; results of the
 * broker are passed back to it.
 *
 * <pre>
 *   NEW --ATTACH, RESUME--> ASKED --granted--> SERVING --START, RUN_END--> ASKED --> SERVING
 *                             |                   |
 *                             refused             DETACH --> ASKED --books--> OVER
 *                             v
 *                            OVER
 * </pre>
 */
final class AttachConnection extends SimpleChannelInboundHandler<ByteBuf> {
  private static final Logger LOGGER = LoggerFactory.getLogger(AttachServer.class);

  private enum State {
    NEW,
    /** A request is pending at the broker. */
    ASKED,
    SERVING,
    OVER
  }

  private final AttachServer server;
  private final SessionBroker broker;
  private final PeerCredentials peer;
  private State state = State.NEW;
  private final MessageDecoder decoder;
  private Token token;
  private int connection;
  private Replies replies;
  private Future<?> handshakeTimeout;
  private ChannelHandlerContext context;

  AttachConnection(
      AttachServer server, SessionBroker broker, PeerCredentials peer, MessageDecoder decoder) {
    this.decoder = decoder;
    this.server = server;
    this.broker = broker;
    this.peer = peer;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    replies = new Replies(context.alloc());
    long nanos = server.settings().handshakeTimeoutNanos();
    handshakeTimeout =
        context.executor().schedule(this::handshakeTimedOut, nanos, TimeUnit.NANOSECONDS);
  }

  private void handshakeTimedOut() {
    if (state == State.NEW) {
      refuseAndClose(
          MessageType.REFUSED,
          new AttachRefusedException(
              AttachStatus.MALFORMED, "no whole request arrived within the handshake timeout"));
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ignored, ByteBuf bytes) {
    if (state == State.OVER) {
      return; // input in flight from a refused client
    }
    handshakeTimeout.cancel(false);
    Message message = Message.read(bytes);
    MessageType type = message.type();
    boolean isOpening = type == MessageType.ATTACH || type == MessageType.RESUME;
    if (state == State.ASKED) {
      throw new AttachRefusedException(
          AttachStatus.STATE, type + " before the last request was answered");
    }
    if (isOpening != (state == State.NEW)) {
      throw new AttachRefusedException(
          AttachStatus.STATE,
          isOpening
              ? "this connection already has a session"
              : "the first request must be ATTACH or RESUME");
    }
    if (state == State.SERVING && !Requests.token(message).equals(token)) {
      throw new AttachRefusedException(
          AttachStatus.TOKEN, "the token is not that of this connection's session");
    }
    state = State.ASKED;
    switch (type) {
      case ATTACH -> open(broker.attach(Requests.attach(message), peer), true);
      case RESUME -> open(resume(message), false);
      case START ->
          answer(
              broker.start(
                  token,
                  Requests.deviceBase(message),
                  Requests.runId(message),
                  Requests.time(message)),
              MessageType.STARTED,
              started -> reply(replies.started(token, started)));
      case RUN_END -> {
        tellRecycled(message);
        answer(
            broker.runEnd(token, Requests.time(message)),
            MessageType.SETTLED,
            books -> reply(replies.books(MessageType.SETTLED, token, books)));
      }
      case DETACH ->
          answer(
              detach(message),
              MessageType.DETACHED,
              books -> {
                Token ended = token;
                forget();
                state = State.OVER;
                replyAndClose(replies.books(MessageType.DETACHED, ended, books));
              });
      default -> throw new IllegalStateException("not a request: " + type);
    }
  }

  private CompletionStage<Granted> resume(Message message) {
    Token resumed = Requests.token(message);
    Optional<long[]> recycled = Requests.recycled(message);
    return broker
        .resume(resumed, peer)
        .thenApply(
            granted -> {
              recycled.ifPresent(records -> broker.recycled(resumed, records));
              return granted;
            });
  }

  private void tellRecycled(Message message) {
    Requests.recycled(message).ifPresent(records -> broker.recycled(token, records));
  }

  private CompletionStage<Books> detach(Message message) {
    tellRecycled(message);
    Optional<String> lostReason = Requests.lostReason(message);
    return lostReason.isPresent()
        ? broker.detachLost(token, lostReason.get())
        : broker.detach(token, Requests.time(message));
  }

  private void open(CompletionStage<Granted> stage, boolean sendMemory) {
    MessageType type = sendMemory ? MessageType.ARENA : MessageType.RESUMED;
    onLoop(
        stage,
        (granted, failure) -> {
          if (failure != null) {
            refuseAndClose(type, refusal(failure));
          } else if (!context.channel().isActive() || state == State.OVER) {
            // The client left while the broker worked: report the lost connection at once.
            discard(granted);
            broker.connectionLost(granted.token(), granted.connection());
          } else {
            token = granted.token();
            connection = granted.connection();
            server.claim(token, this);
            state = State.SERVING;
            context
                .write(replies.granted(type, granted))
                .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            if (sendMemory) {
              // Netty sends the descriptor but does not close it.
              Object memory =
                  granted.share().isPresent()
                      ? replies.share(granted, granted.share().get())
                      : new FileDescriptor(granted.fd());
              context
                  .write(memory)
                  .addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
                  .addListener(sent -> discard(granted));
            }
            context.flush();
          }
        });
  }

  /** Closes the descriptor, once the client has it or can no longer get it. */
  private static void discard(Granted granted) {
    if (granted.fd() >= 0) {
      try {
        new FileDescriptor(granted.fd()).close();
      } catch (IOException e) {
        LOGGER.warn("attach: a descriptor was not closed", e);
      }
    }
  }

  private <T> void answer(
      CompletionStage<T> stage, MessageType refusalType, Consumer<T> onSuccess) {
    onLoop(
        stage,
        (value, failure) -> {
          if (state != State.ASKED) {
            return; // the connection has ended, and the broker has been notified
          }
          if (failure != null) {
            AttachRefusedException refusal = refusal(failure);
            server.refusals().refused(refusal.status(), refusal.getMessage(), peer);
            reply(replies.refused(refusalType, refusal.status(), refusal.getMessage()));
          } else {
            onSuccess.accept(value);
          }
        });
  }

  private <T> void onLoop(CompletionStage<T> stage, BiConsumer<T, Throwable> then) {
    stage.whenCompleteAsync(
        (value, failure) -> {
          try {
            then.accept(value, unwrap(failure));
          } catch (RuntimeException e) {
            refuseAndClose(MessageType.REFUSED, refusal(e));
          }
        },
        context.executor());
  }

  private void reply(ByteBuf message) {
    state = State.SERVING;
    context.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
  }

  private void replyAndClose(ByteBuf message) {
    context.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE);
  }

  private void refuseAndClose(MessageType type, AttachRefusedException refusal) {
    server.refusals().refused(refusal.status(), refusal.getMessage(), peer);
    handshakeTimeout.cancel(false);
    boolean wasActive = context.channel().isActive();
    loseSession();
    state = State.OVER;
    if (wasActive) {
      replyAndClose(
          decoder.isFirstVersion()
              ? replies.refusedInFirstVersion(refusal.status(), refusal.getMessage())
              : replies.refused(type, refusal.status(), refusal.getMessage()));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ignored, Throwable thrown) {
    Throwable cause = thrown instanceof DecoderException ? thrown.getCause() : thrown;
    if (cause instanceof IOException) {
      var unused = context.close(); // the peer is gone
    } else if (state != State.OVER) {
      refuseAndClose(MessageType.REFUSED, refusal(cause));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ignored) {
    handshakeTimeout.cancel(false);
    loseSession();
    state = State.OVER;
  }

  /** Notifies the broker, once, unless the session continues on another connection. */
  private void loseSession() {
    Token lost = token;
    if (lost != null && forget()) {
      broker.connectionLost(lost, connection);
    }
  }

  /** Returns false if the session has been resumed on another connection. */
  private boolean forget() {
    boolean wasOurs = server.release(token, this);
    token = null;
    return wasOurs;
  }

  /**
   * Closes this connection: the session continues on another one, or has ended. Any thread; the
   * server has already taken the session away from it.
   */
  void supersede() {
    var unused = context.close();
  }

  /**
   * Ends the connection of a client whose session was ended by the daemon. Sends the reason and the
   * counts first, for the client to read with its next request. Any thread; the server has already
   * taken the session away from this connection.
   */
  void revoke(Token ended, Books books) {
    context
        .executor()
        .execute(
            () -> {
              if (state != State.OVER) {
                state = State.OVER;
                token = null;
                replyAndClose(replies.ended(ended, books));
              }
            });
  }

  private static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** Converts a failure into a refusal; logs a failure that is not a refusal as a defect. */
  private AttachRefusedException refusal(Throwable failure) {
    if (failure instanceof AttachRefusedException refused) {
      return refused;
    }
    LOGGER.error("attach: request failed: {}", peer, failure);
    return new AttachRefusedException(AttachStatus.INTERNAL, "internal error, see the daemon log");
  }
}
