package dev.sluice.service.systemd;

import dev.sluice.service.transport.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sending side of {@code sd_notify(3)}: one datagram per message to the address in {@code
 * NOTIFY_SOCKET}. Messages of all threads are sent in call order. A service manager that does not
 * listen costs one log line and has no other effect.
 */
final class NotifySocket implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(NotifySocket.class);

  /** {@code sun_path} of a Unix address; a path also needs its terminating zero byte. */
  private static final int ADDRESS_BYTES = 108;

  private static final long PATIENCE_MS = 1_000;

  private final Channel channel;
  private final DomainSocketAddress manager;
  private final AtomicBoolean hasFailed = new AtomicBoolean();

  private NotifySocket(Channel channel, DomainSocketAddress manager) {
    this.channel = channel;
    this.manager = manager;
  }

  /**
   * @param address value of {@code NOTIFY_SOCKET}: an absolute path, or {@code @} and an abstract
   *     name
   * @return empty, with a log line, if that is not an address or no socket can be opened
   */
  @SuppressWarnings("deprecation") // nothing else makes a socket that is never bound active
  static Optional<NotifySocket> open(String address, EventLoops loops) {
    Optional<DomainSocketAddress> manager = address(address);
    if (manager.isEmpty()) {
      LOGGER.warn(
          "systemd: NOTIFY_SOCKET is neither an absolute path nor @name of at most {} bytes;"
              + " nothing is notified",
          ADDRESS_BYTES - 1);
      return Optional.empty();
    }
    ChannelFuture registered =
        new Bootstrap()
            .group(loops.group())
            .channel(EpollDomainDatagramChannel.class)
            .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true)
            .handler(new Deaf())
            .register()
            .awaitUninterruptibly();
    if (!registered.isSuccess()) {
      LOGGER.warn(
          "systemd: cannot open a datagram socket, nothing is notified", registered.cause());
      return Optional.empty();
    }
    return Optional.of(new NotifySocket(registered.channel(), manager.get()));
  }

  static Optional<DomainSocketAddress> address(String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (text.length() < 2 || bytes >= ADDRESS_BYTES || text.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    return switch (text.charAt(0)) {
      case '/' -> Optional.of(new DomainSocketAddress(text));
      case '@' -> Optional.of(new DomainSocketAddress('\0' + text.substring(1)));
      default -> Optional.empty();
    };
  }

  /**
   * Sends one message without blocking.
   *
   * @param assignments {@code NAME=value}, one line each
   */
  void send(String... assignments) {
    write(assignments)
        .addListener(
            sent -> {
              // Log once, not every second: the address does not change at run time.
              if (!sent.isSuccess() && hasFailed.compareAndSet(false, true)) {
                LOGGER.warn("systemd: cannot notify: {}", sent.cause().getMessage());
              }
            });
  }

  /** As {@link #send}, but waits briefly until the message is sent; returns whether it was. */
  boolean sendNow(String... assignments) {
    ChannelFuture sent = write(assignments);
    return sent.awaitUninterruptibly(PATIENCE_MS) && sent.isSuccess();
  }

  private ChannelFuture write(String... assignments) {
    String message = String.join("\n", assignments) + "\n";
    return channel.writeAndFlush(
        new DomainDatagramPacket(Unpooled.copiedBuffer(message, StandardCharsets.UTF_8), manager));
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly(PATIENCE_MS);
  }

  /** Discards input: notifications are not answered. */
  @ChannelHandler.Sharable
  private static final class Deaf extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }
  }
}
