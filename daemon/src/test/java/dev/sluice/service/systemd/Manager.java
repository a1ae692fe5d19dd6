package dev.sluice.service.systemd;

import dev.sluice.service.transport.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;

/** The receiving end: a real datagram socket, like systemd's. */
public final class Manager implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 15;

  private final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
  private final Channel channel;

  /**
   * @param address a path, or a zero byte and an abstract name
   */
  public Manager(EventLoops loops, String address) {
    channel =
        new Bootstrap()
            .group(loops.group())
            .channel(EpollDomainDatagramChannel.class)
            .handler(
                new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                  @Override
                  protected void channelRead0(
                      ChannelHandlerContext context, DomainDatagramPacket packet) {
                    messages.add(packet.content().toString(StandardCharsets.UTF_8));
                  }
                })
            .bind(new DomainSocketAddress(address))
            .syncUninterruptibly()
            .channel();
  }

  /** Returns the next message; fails the test if none arrives in time. */
  public String next() throws InterruptedException {
    String message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Assertions.assertNotNull(message, "no notification came");
    return message;
  }

  /** Returns the next message with this prefix; skips others. */
  public String next(String beginning) throws InterruptedException {
    String message = next();
    while (!message.startsWith(beginning)) {
      message = next();
    }
    return message;
  }

  /** Discards all messages so far. */
  public void clear() {
    messages.clear();
  }

  /** Returns whether a message with this prefix arrives in time; skips others. */
  public boolean hearsWithin(long milliseconds, String beginning) throws InterruptedException {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    String message;
    do {
      message = messages.poll(Math.max(0, endNs - System.nanoTime()), TimeUnit.NANOSECONDS);
    } while (message != null && !message.startsWith(beginning));
    return message != null;
  }

  /** Returns whether no message is queued. The caller must flush the sender first. */
  public boolean isSilent() {
    return messages.isEmpty();
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
  }
}
