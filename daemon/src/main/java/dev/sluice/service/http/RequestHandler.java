package dev.sluice.service.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP connection: a request, its whole answer, the next request. While answering it reads
 * nothing, so that a client cannot pile up work; requests already read are queued. The connection
 * is closed if a request takes too long to arrive, however slowly it trickles in, or an answer too
 * long to be read.
 */
final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private final Responder responder;
  private final HttpLimits limits;
  private final Deque<Turn> waiting = new ArrayDeque<>();
  private boolean isAnswering;
  private Future<?> deadline;

  /** Work for one message: exactly one of request and refusal is set. */
  private record Turn(
      Request request, Answer refusal, boolean isHead, boolean keepAlive, HttpVersion version) {}

  RequestHandler(Responder responder, HttpLimits limits) {
    this.responder = responder;
    this.limits = limits;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    startDeadline(context);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    deadline.cancel(false);
    waiting.clear();
  }

  private void startDeadline(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    deadline =
        context
            .executor()
            .schedule(() -> timedOut(context), limits.timeoutMillis(), TimeUnit.MILLISECONDS);
  }

  private static void timedOut(ChannelHandlerContext context) {
    var unused = context.close();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
    waiting.add(turn(message));
    context.channel().config().setAutoRead(false);
    if (!isAnswering) {
      next(context);
    }
  }

  private static Turn turn(FullHttpRequest message) {
    boolean isHead = message.method().equals(HttpMethod.HEAD);
    Answer refusal = refusal(message);
    if (refusal == null) {
      try {
        Request request =
            Request.of(message.method().name(), message.uri(), message.headers().copy());
        return new Turn(
            request, null, isHead, HttpUtil.isKeepAlive(message), message.protocolVersion());
      } catch (IllegalArgumentException e) {
        refusal = Answer.text(400, "the path is not a valid URI");
      }
    }
    return new Turn(null, refusal, isHead, false, HttpVersion.HTTP_1_1);
  }

  private void next(ChannelHandlerContext context) {
    Turn turn = waiting.poll();
    isAnswering = turn != null;
    startDeadline(context);
    if (turn == null) {
      context.channel().config().setAutoRead(true);
    } else if (turn.refusal() != null) {
      refuse(context, turn);
    } else {
      deadline.cancel(false); // the answer's own time does not count against the client
      responder
          .answer(turn.request())
          .whenCompleteAsync((answer, failure) -> send(context, turn, answer), context.executor());
    }
  }

  private static Answer refusal(FullHttpRequest message) {
    Throwable cause = message.decoderResult().cause();
    if (cause == null) {
      return null;
    }
    if (cause instanceof TooLongHttpLineException) {
      return Answer.text(414, "the request line is too long");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return Answer.text(431, "the headers are too large");
    }
    return Answer.text(400, "not a valid HTTP request");
  }

  /**
   * After a bad request the next one cannot be located. All further input is read and discarded
   * until the client closes or the time is up: closing with unread bytes would reset the
   * connection, and the client might never see its answer.
   */
  private void refuse(ChannelHandlerContext context, Turn turn) {
    context
        .writeAndFlush(response(turn, turn.refusal()))
        .addListener(
            sent -> {
              var unused = ((DuplexChannel) context.channel()).shutdownOutput();
              context.channel().config().setAutoRead(true); // the decoder skips it all
            });
  }

  private void send(ChannelHandlerContext context, Turn turn, Answer answer) {
    if (answer.stream() != null) {
      stream(context, turn, answer);
      return;
    }
    startDeadline(context);
    FullHttpResponse response = response(turn, answer);
    ChannelFuture sent = context.writeAndFlush(response);
    if (HttpUtil.isKeepAlive(response)) {
      sent.addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
          .addListener(
              done -> {
                if (done.isSuccess()) {
                  next(context);
                }
              });
    } else {
      sent.addListener(ChannelFutureListener.CLOSE);
    }
  }

  /**
   * Hands the connection to the stream; no further request is read from it. The stream is called
   * even if the client has left already: it may hold resources.
   */
  private static void stream(ChannelHandlerContext context, Turn turn, Answer answer) {
    if (!context.isRemoved()) {
      HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
      putHeaders(head, answer);
      // HTTP/1.0 has no chunks: there the stream ends with the connection.
      HttpUtil.setTransferEncodingChunked(head, turn.version().isKeepAliveDefault());
      context.writeAndFlush(head).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
      context.pipeline().replace(context.name(), "stream", new StreamTail());
      // Otherwise a disconnect would go unnoticed.
      context.channel().config().setAutoRead(true);
    }
    answer.stream().accept(context.channel());
  }

  private static void putHeaders(HttpResponse response, Answer answer) {
    // No sniffing, no framing, no caching.
    response.headers().set("x-content-type-options", "nosniff");
    response.headers().set("x-frame-options", "DENY");
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    answer.headers().forEach((name, value) -> response.headers().set(name, value));
  }

  private static FullHttpResponse response(Turn turn, Answer answer) {
    ByteBuf body = turn.isHead() ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
    putHeaders(response, answer);
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().remaining());
    HttpUtil.setKeepAlive(response, turn.keepAlive() && HttpUtil.isKeepAlive(response));
    return response;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A reset, or a body that is too long: the client's fault, and the request is over.
    var unused = context.close();
  }

  /** Watches the input of a streaming connection: a client that sends more is disconnected. */
  private static final class StreamTail extends SimpleChannelInboundHandler<Object> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, Object message) {
      var unused = context.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var unused = context.close();
    }
  }
}
