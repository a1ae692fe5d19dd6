package dev.sluice.service.attach;

import dev.sluice.config.AttachSettings;
import dev.sluice.service.AttachFailures;
import dev.sluice.service.AttachStatus;
import dev.sluice.service.Books;
import dev.sluice.service.PeerCredentials;
import dev.sluice.service.SessionBroker;
import dev.sluice.service.Token;
import dev.sluice.service.transport.EventLoops;
import dev.sluice.service.transport.Peers;
import dev.sluice.service.transport.UnixListener;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Listens for producers. A connection beyond the limit, or from a user who may not attach, gets one
 * refusal and is closed. Started and closed by one thread; connections run on the event loops.
 */
public final class AttachServer implements AutoCloseable {
  private volatile AttachSettings settings;
  private final SessionBroker broker;
  private final RefusalLog refusals;
  private final ChannelGroup connections;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentMap<Token, AttachConnection> holders = new ConcurrentHashMap<>();
  private final UnixListener listener;

  private AttachServer(
      AttachSettings settings, SessionBroker broker, AttachFailures failures, EventLoops loops) {
    this.settings = settings;
    this.broker = broker;
    this.refusals = new RefusalLog(failures, System::nanoTime);
    this.connections = new DefaultChannelGroup(loops.group().next());
    broker.onRevoked(this::revoke);
    this.listener =
        UnixListener.listen(
            loops,
            settings.socket(),
            "attach",
            PosixFilePermissions.fromString("rw-rw----"),
            new ChannelInitializer<EpollDomainSocketChannel>() {
              @Override
              protected void initChannel(EpollDomainSocketChannel channel) throws IOException {
                accept(channel);
              }
            });
  }

  /**
   * Binds the socket and serves. Throws {@link dev.sluice.service.transport.BindException} with one
   * line if it cannot listen on the socket.
   */
  public static AttachServer start(
      AttachSettings settings, SessionBroker broker, AttachFailures failures, EventLoops loops) {
    return new AttachServer(settings, broker, failures, loops);
  }

  /** Sets limits and permissions for new connections; the socket stays. Any thread. */
  public void apply(AttachSettings next) {
    settings = next;
  }

  private void accept(EpollDomainSocketChannel channel) throws IOException {
    channel.closeFuture().addListener(closed -> open.decrementAndGet());
    if (open.incrementAndGet() > settings.maxConnections()) {
      refuse(
          channel,
          AttachStatus.BUSY,
          settings.maxConnections() + " connections are open, no more are allowed",
          "a connection");
      return;
    }
    PeerCredentials peer = Peers.of(channel);
    // Read from the file, not from the listener: the listener is still being built when the first
    // client connects, and an operator may have changed the file's group since.
    UnixListener.Owner socketOwner = UnixListener.ownerOf(settings.socket());
    if (!Peers.isAllowed(peer, socketOwner, settings.allowedUids(), settings.allowedGids())) {
      refuse(
          channel,
          AttachStatus.PERMISSION,
          "user " + peer.uid() + " may not attach: see sluice.attach.allowed-uids and allowed-gids",
          peer);
      return;
    }
    connections.add(channel);
    MessageDecoder decoder = new MessageDecoder();
    channel.pipeline().addLast(decoder).addLast(new AttachConnection(this, broker, peer, decoder));
  }

  private void refuse(Channel channel, AttachStatus status, String text, Object peer) {
    refusals.refused(status, text, peer);
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelActive(ChannelHandlerContext context) {
                Replies replies = new Replies(context.alloc());
                context
                    .writeAndFlush(replies.refused(MessageType.REFUSED, status, text))
                    .addListener(ChannelFutureListener.CLOSE);
              }

              @Override
              public void channelRead(ChannelHandlerContext context, Object message) {
                ReferenceCountUtil.release(message); // refused unread
              }

              @Override
              public void exceptionCaught(ChannelHandlerContext context, Throwable ignored) {
                var unused = context.close(); // the peer did not wait for its refusal
              }
            });
  }

  AttachSettings settings() {
    return settings;
  }

  RefusalLog refusals() {
    return refusals;
  }

  /** Assigns a session to a connection: only the loss of this connection counts from now on. */
  void claim(Token token, AttachConnection connection) {
    AttachConnection before = holders.put(token, connection);
    if (before != null && before != connection) {
      before.supersede();
    }
  }

  private void revoke(Token token, Books books) {
    AttachConnection holder = holders.remove(token);
    if (holder != null) {
      holder.revoke(token, books);
    }
  }

  /** Returns whether the session still belonged to this connection. */
  boolean release(Token token, AttachConnection connection) {
    return holders.remove(token, connection);
  }

  public Path socket() {
    return listener.path();
  }

  /** Number of open connections, including refused ones that are being closed. */
  public int connections() {
    return open.get();
  }

  /**
   * Stops listening, removes the socket and closes every connection; the broker is notified of each
   * open session. Idempotent.
   */
  @Override
  public void close() {
    listener.close();
    connections.close().awaitUninterruptibly();
  }
}
