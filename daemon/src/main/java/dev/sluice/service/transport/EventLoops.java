package dev.sluice.service.transport;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Event loop threads of all the daemon's sockets, {@code sluice-io}. They sleep in epoll; nothing
 * on them may block or compute for long. Close after the servers.
 */
public final class EventLoops implements AutoCloseable {
  private static final long STOP_SECONDS = 5;

  private final EventLoopGroup group;

  /** Starts no thread before the first socket; throws if the native transport cannot be loaded. */
  public EventLoops(int threads) {
    try {
      Epoll.ensureAvailability();
    } catch (UnsatisfiedLinkError e) {
      throw new IllegalStateException(
          "the native socket transport cannot be loaded: " + e.getMessage(), e);
    }
    group =
        new MultiThreadIoEventLoopGroup(
            threads, new DefaultThreadFactory("sluice-io", true), EpollIoHandler.newFactory());
  }

  public EventLoopGroup group() {
    return group;
  }

  /** Closes all open channels and waits a few seconds at most for the threads. Idempotent. */
  @Override
  public void close() {
    // No quiet period: no work is submitted after the servers are closed.
    group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
