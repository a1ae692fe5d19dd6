package dev.sluice.service.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Sets up the connections of one HTTP server and closes them at its end.
 *
 * <p>The pipeline: bytes to HTTP with limits, parts to whole requests, one request at a time,
 * answer.
 */
final class HttpConnections extends ChannelInitializer<Channel> {
  /** No path takes a body; what a client sends all the same is skipped up to here. */
  private static final int MAX_BODY_BYTES = 4096;

  private final Function<Channel, Router> routers;
  private final HttpLimits limits;
  private final ChannelGroup open;
  private final AtomicInteger count = new AtomicInteger();

  /**
   * @param routers which paths a connection sees, by who is at its other end
   */
  HttpConnections(Function<Channel, Router> routers, HttpLimits limits, EventExecutor executor) {
    this.routers = routers;
    this.limits = limits;
    this.open = new DefaultChannelGroup(executor);
  }

  @Override
  protected void initChannel(Channel channel) {
    open.add(channel);
    channel.closeFuture().addListener(closed -> count.decrementAndGet());
    Router router =
        count.incrementAndGet() > limits.connections() ? refuseAll() : routers.apply(channel);
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLineBytes())
                .setMaxHeaderSize(limits.headerBytes())));
    pipeline.addLast(new HttpObjectAggregator(MAX_BODY_BYTES, true));
    pipeline.addLast(new RequestHandler(router, limits));
  }

  private static Router refuseAll() {
    Answer busy = Answer.text(503, "too many connections").withHeader("connection", "close");
    return new Router()
        .add("GET", ".*", (request, path) -> CompletableFuture.completedFuture(busy));
  }

  /** Closes every open connection and waits for it. */
  void close() {
    open.close().awaitUninterruptibly();
  }
}
