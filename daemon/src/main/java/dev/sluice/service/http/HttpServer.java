package dev.sluice.service.http;

import dev.sluice.config.HttpSettings;
import dev.sluice.config.ListenAddress;
import dev.sluice.service.DaemonView;
import dev.sluice.service.HttpTraffic;
import dev.sluice.service.RecentEvents;
import dev.sluice.service.security.WebSecurity;
import dev.sluice.service.transport.BindException;
import dev.sluice.service.transport.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetSocketAddress;

/**
 * The read-only listener: metrics, health and status for scrapers, probes and browsers. It can
 * change nothing. Started and closed by one thread.
 */
public final class HttpServer implements AutoCloseable {
  private final Channel channel;
  private final HttpConnections connections;
  private final MetricsApi metrics;
  private final LiveFeed live;
  private final CapturesApi captures;

  private HttpServer(
      Channel channel,
      HttpConnections connections,
      MetricsApi metrics,
      LiveFeed live,
      CapturesApi captures) {
    this.channel = channel;
    this.connections = connections;
    this.metrics = metrics;
    this.live = live;
    this.captures = captures;
  }

  /**
   * Binds and serves. Throws {@link BindException} with one line if it cannot listen on the port.
   */
  public static HttpServer start(
      HttpSettings settings,
      DaemonView view,
      PrometheusRegistry registry,
      HttpTraffic traffic,
      WebSecurity security,
      EventLoops loops) {
    ListenAddress listen = settings.listen();
    InetSocketAddress address = new InetSocketAddress(listen.host(), listen.port());
    if (address.isUnresolved()) {
      throw new BindException(
          "cannot listen on " + listen + ": unknown host; set sluice.http.listen");
    }
    MetricsApi metrics = MetricsApi.start(registry, settings.maxScrapes(), traffic);
    HttpLimits limits = HttpLimits.of(settings);
    LiveFeed live =
        new LiveFeed(
            new LiveFrame(view, RecentEvents.instance())::json,
            settings.live(),
            limits.timeoutMillis() * 1_000_000,
            traffic,
            System::nanoTime);
    Router router = new Router();
    metrics.addTo(router);
    live.addTo(router);
    new StatusApi(view).addTo(router);
    CapturesApi captures =
        new CapturesApi(view.archive(), limits.timeoutMillis())
            .addListing(router, "/api/v1/captures");
    Gate gate = new Gate(security, traffic, router);
    HttpConnections connections =
        new HttpConnections(
            unused -> gate,
            channel ->
                security.tls(channel.alloc()).ifPresent(tls -> channel.pipeline().addLast(tls)),
            limits,
            () -> traffic.refused(HttpTraffic.Refusal.CONNECTIONS),
            loops.group().next());
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops.group())
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(connections)
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      captures.close();
      live.close();
      metrics.close();
      throw new BindException(
          "cannot listen on "
              + listen
              + ": "
              + bound.cause().getMessage()
              + "; free the port or set sluice.http.listen",
          bound.cause());
    }
    return new HttpServer(bound.channel(), connections, metrics, live, captures);
  }

  /** Address it listens on; with the actual port if 0 was requested. */
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  /** Stops listening and closes every connection. Idempotent. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
    captures.close();
    live.close();
    connections.close();
    metrics.close();
  }
}
