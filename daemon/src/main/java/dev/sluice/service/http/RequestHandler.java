package dev.sluice.service.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP connection: a request, its whole answer, the next request. Reads nothing while it
 * answers, so that a client cannot pile up work; closes when a request takes too long to arrive,
 * however slowly it trickles, or an answer too long to be taken.
 */
final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private final Router router;
  private final HttpLimits limits;
  private Future<?> deadline;

  RequestHandler(Router router, HttpLimits limits) {
    this.router = router;
    this.limits = limits;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    startDeadline(context);
    context.read();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    deadline.cancel(false);
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
    deadline.cancel(false);
    boolean isHead = message.method().equals(HttpMethod.HEAD);
    Answer refusal = refusal(message);
    if (refusal != null) {
      // What follows on this connection cannot be told from the rest of the bad request.
      send(context, refusal, isHead, false);
      return;
    }
    boolean keepAlive = HttpUtil.isKeepAlive(message);
    Request request;
    try {
      request = Request.of(message.method().name(), message.uri(), message.headers().copy());
    } catch (IllegalArgumentException e) {
      send(context, Answer.text(400, "the path is no valid URI"), isHead, keepAlive);
      return;
    }
    router
        .answer(request)
        .whenCompleteAsync(
            (answer, failure) -> send(context, answer, isHead, keepAlive), context.executor());
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
    return Answer.text(400, "this is no valid HTTP request");
  }

  private void send(
      ChannelHandlerContext context, Answer answer, boolean isHead, boolean keepAlive) {
    ByteBuf body = isHead ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
    answer.headers().forEach((name, value) -> response.headers().set(name, value));
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().remaining());
    // Nothing here may be guessed, framed or kept by anybody.
    response.headers().set("x-content-type-options", "nosniff");
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    HttpUtil.setKeepAlive(response, keepAlive);
    startDeadline(context);
    ChannelFuture sent = context.writeAndFlush(response);
    if (keepAlive) {
      sent.addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
          .addListener(
              done -> {
                if (done.isSuccess()) {
                  startDeadline(context);
                  context.read();
                }
              });
    } else {
      sent.addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A reset or a body that is too long; the request is over either way, and it is the client's.
    var unused = context.close();
  }
}
