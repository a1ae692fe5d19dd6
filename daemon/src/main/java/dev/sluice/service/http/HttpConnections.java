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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Sets up the connections of one HTTP server and closes them with it.
 *
 * <p>The pipeline: decode HTTP with limits, aggregate whole requests, handle one at a time, answer.
 */
final class HttpConnections extends ChannelInitializer<Channel> {
  /** No path takes a body; one that is sent anyway is skipped up to this size. */
  private static final int MAX_BODY_BYTES = 4096;

  /** This many connections over the limit get an answer; more are closed without one. */
  private static final int TOLD = 1024;

  private final Function<Channel, Responder> responders;
  private final Consumer<Channel> transport;
  private final Runnable onRefusal;
  private final HttpLimits limits;
  private final ChannelGroup open;
  private final AtomicInteger count = new AtomicInteger();

  /**
   * @param responders chooses the responder by the connection's peer
   * @param transport adds the handlers between socket bytes and HTTP bytes, such as TLS
   * @param onRefusal called for each connection over the limit
   */
  HttpConnections(
      Function<Channel, Responder> responders,
      Consumer<Channel> transport,
      HttpLimits limits,
      Runnable onRefusal,
      EventExecutor executor) {
    this.responders = responders;
    this.transport = transport;
    this.onRefusal = onRefusal;
    this.limits = limits;
    this.open = new DefaultChannelGroup(executor);
  }

  @Override
  protected void initChannel(Channel channel) {
    open.add(channel);
    channel.closeFuture().addListener(closed -> count.decrementAndGet());
    int excess = count.incrementAndGet() - limits.connections();
    if (excess > 0) {
      onRefusal.run();
    }
    if (excess > TOLD) {
      var unused = channel.close();
      return;
    }
    Responder responder = excess > 0 ? HttpConnections::refuse : responders.apply(channel);
    transport.accept(channel);
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(
        new HttpServerCodec(
            new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLineBytes())
                .setMaxHeaderSize(limits.headerBytes())));
    pipeline.addLast(new HttpObjectAggregator(MAX_BODY_BYTES, true));
    pipeline.addLast(new RequestHandler(responder, limits));
  }

  private static CompletionStage<Answer> refuse(Request request) {
    return CompletableFuture.completedFuture(
        Answer.text(503, "too many connections").withHeader("connection", "close"));
  }

  /** Closes every open connection and waits until all are closed. */
  void close() {
    open.close().awaitUninterruptibly();
  }
}
