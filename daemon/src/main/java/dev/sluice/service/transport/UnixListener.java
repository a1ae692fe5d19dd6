package dev.sluice.service.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/**
 * A listening Unix socket served by this process alone. Created with its file mode; removed by
 * {@link #close}. {@link SocketClaim} guards the file, so it is never taken from a living daemon
 * and a dead one never blocks it.
 */
public final class UnixListener implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final Path path;
  private final SocketClaim claim;
  private final Channel channel;

  /** Owner of the socket file. */
  public record Owner(int uid, int gid) {}

  private UnixListener(Path path, SocketClaim claim, Channel channel) {
    this.path = path;
    this.claim = claim;
    this.channel = channel;
  }

  /**
   * Binds and listens.
   *
   * @param purpose name of the socket in errors, e.g. {@code attach}
   * @param mode permissions of the socket file; connecting needs write permission
   * @param connections handler of each accepted connection
   */
  public static UnixListener listen(
      EventLoops loops,
      Path path,
      String purpose,
      Set<PosixFilePermission> mode,
      ChannelHandler connections) {
    SocketClaim claim = SocketClaim.take(path, purpose);
    Channel channel = null;
    try {
      channel = bind(loops, path, purpose, connections);
      Files.setPosixFilePermissions(path, mode);
      return new UnixListener(path, claim, channel);
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close().awaitUninterruptibly();
      }
      claim.close();
      if (e instanceof BindException refused) {
        throw refused;
      }
      throw new BindException(
          "cannot set up the " + purpose + " socket " + path + ": " + e.getMessage(), e);
    }
  }

  private static Channel bind(
      EventLoops loops, Path path, String purpose, ChannelHandler connections) {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops.group())
            .channel(EpollServerDomainSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childHandler(connections)
            .bind(new DomainSocketAddress(path.toFile()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new BindException(
          "cannot bind the " + purpose + " socket " + path + ": " + bound.cause().getMessage(),
          bound.cause());
    }
    return bound.channel();
  }

  public Path path() {
    return path;
  }

  /** Returns the current owner of the socket file. */
  public static Owner ownerOf(Path path) throws IOException {
    return new Owner(
        (Integer) Files.getAttribute(path, "unix:uid"),
        (Integer) Files.getAttribute(path, "unix:gid"));
  }

  /** Stops listening and removes the socket file; open connections stay. Idempotent. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly(); // removes the file as well
    claim.close();
  }
}
