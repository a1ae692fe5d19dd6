package dev.sluice.service.http;

import dev.sluice.config.ControlSettings;
import dev.sluice.service.ConfigActions;
import dev.sluice.service.ControlActions;
import dev.sluice.service.DaemonView;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.transport.BindException;
import dev.sluice.service.transport.EventLoops;
import dev.sluice.service.transport.Peers;
import dev.sluice.service.transport.UnixListener;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's HTTP API on a Unix socket. The file mode admits the daemon's user only; the peer's
 * credentials are checked as well, since a mode is easily changed by mistake.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(ControlServer.class);

  private final UnixListener listener;
  private final HttpConnections connections;
  private final CapturesApi captures;

  private ControlServer(UnixListener listener, HttpConnections connections, CapturesApi captures) {
    this.listener = listener;
    this.connections = connections;
    this.captures = captures;
  }

  /**
   * Binds and serves. Throws {@link BindException} with one line if it cannot listen on the socket.
   */
  public static ControlServer start(
      ControlSettings settings,
      DaemonView view,
      ControlActions actions,
      ConfigActions config,
      EventLoops loops) {
    return start(settings, view, actions, config, HttpLimits.STANDARD, loops);
  }

  static ControlServer start(
      ControlSettings settings,
      DaemonView view,
      ControlActions actions,
      ConfigActions config,
      HttpLimits limits,
      EventLoops loops) {
    Router allowed = new Router();
    new ControlApi(view, actions, config).addTo(allowed);
    CapturesApi captures =
        new CapturesApi(view.archive(), limits.timeoutMillis())
            .addListing(allowed, "/v1/captures")
            .addDownloads(allowed);
    HttpConnections connections =
        new HttpConnections(
            channel -> mayControl(channel, settings.socket()) ? allowed : forbidden(),
            channel -> {},
            limits,
            () -> {},
            loops.group().next());
    UnixListener listener =
        UnixListener.listen(
            loops,
            settings.socket(),
            "control",
            PosixFilePermissions.fromString("rw-------"),
            connections);
    return new ControlServer(listener, connections, captures);
  }

  private static boolean mayControl(Channel channel, Path socket) {
    try {
      PeerCredentials peer = Peers.of((EpollDomainSocketChannel) channel);
      boolean may = peer.uid() == 0 || peer.uid() == UnixListener.ownerOf(socket).uid();
      if (!may) {
        LOGGER.warn("control: refused {}", peer);
      }
      return may;
    } catch (IOException e) {
      LOGGER.warn("control: cannot identify the peer: {}", e.getMessage());
      return false;
    }
  }

  private static Router forbidden() {
    Answer answer = Answer.text(403, "only root and the daemon's user may control it");
    Router router = new Router();
    for (String method : new String[] {"GET", "POST"}) {
      router.add(method, ".*", (request, path) -> CompletableFuture.completedFuture(answer));
    }
    return router;
  }

  public Path socket() {
    return listener.path();
  }

  /** Stops listening, removes the socket and closes every connection. Idempotent. */
  @Override
  public void close() {
    listener.close();
    captures.close();
    connections.close();
  }
}
