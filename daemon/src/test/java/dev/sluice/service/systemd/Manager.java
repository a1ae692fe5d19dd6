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

/** The listening end: a datagram socket of the kernel, as systemd has one. */
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

  /** The next message; fails the test if none comes. */
  public String next() throws InterruptedException {
    String message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    Assertions.assertNotNull(message, "no notification came");
    return message;
  }

  /** The next message that begins with this; others are skipped. */
  public String next(String beginning) throws InterruptedException {
    String message = next();
    while (!message.startsWith(beginning)) {
      message = next();
    }
    return message;
  }

  /** Forgets what has come so far. */
  public void clear() {
    messages.clear();
  }

  /** Whether such a message comes within this time; others are skipped. */
  public boolean hearsWithin(long milliseconds, String beginning) throws InterruptedException {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
    String message;
    do {
      message = messages.poll(Math.max(0, endNs - System.nanoTime()), TimeUnit.NANOSECONDS);
    } while (message != null && !message.startsWith(beginning));
    return message != null;
  }

  /** Whether no message is waiting. Asks the sender to be flushed first. */
  public boolean isSilent() {
    return messages.isEmpty();
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
  }
}
