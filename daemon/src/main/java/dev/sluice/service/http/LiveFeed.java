package dev.sluice.service.http;

import dev.sluice.config.HttpSettings;
import dev.sluice.service.HttpTraffic;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /api/v1/live}: server-sent events, one frame of the whole state per interval. A frame is
 * built once for all clients, on a separate thread that runs only while there are clients.
 *
 * <p>A client has at most one frame in flight. If it has not read that frame when the next is due,
 * it skips the next, so it costs at most one frame of memory. A client that reads nothing for the
 * timeout is disconnected; {@code EventSource} reconnects by itself. If nothing has changed, an
 * event {@code beat} shows that the daemon is alive.
 *
 * <p>The id of an event is the age of the feed in milliseconds, so a client that computes rates has
 * the time between two frames by the daemon's own clock.
 */
final class LiveFeed implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(LiveFeed.class);
  private static final byte[] RETRY = "retry: 1000\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_UNSENT_BYTES = 1 << 16;
  private static final long IDLE_THREAD_SECONDS = 5;

  private final Supplier<byte[]> content;
  private final HttpSettings.Live settings;
  private final long stuckNanos;
  private final HttpTraffic traffic;
  private final LongSupplier clock;
  private final long startNs;
  private final ScheduledThreadPoolExecutor thread;

  // Confined to the feed's thread.
  private final List<Client> clients = new ArrayList<>();
  private ScheduledFuture<?> ticking;
  private byte[] lastContent = new byte[0];
  private byte[] lastFrame = new byte[0];
  private boolean hasFailed;

  private static final class Client {
    private final Channel channel;
    private ChannelFuture onItsWay; // null before the first
    private boolean isBehind;
    private long sentNs;

    Client(Channel channel) {
      this.channel = channel;
    }
  }

  /**
   * @param content builds the data of a frame, one line of UTF-8; called on the feed's thread
   * @param stuckNanos how long a client may read nothing
   * @param clock nanoseconds, like {@link System#nanoTime}
   */
  LiveFeed(
      Supplier<byte[]> content,
      HttpSettings.Live settings,
      long stuckNanos,
      HttpTraffic traffic,
      LongSupplier clock) {
    this.content = content;
    this.settings = settings;
    this.stuckNanos = stuckNanos;
    this.traffic = traffic;
    this.clock = clock;
    this.startNs = clock.getAsLong();
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread feeder = new Thread(task, "sluice-live");
              feeder.setDaemon(true);
              return feeder;
            },
            // Tasks from clients that disconnect after the close are not needed any more.
            new ThreadPoolExecutor.DiscardPolicy());
    thread.setKeepAliveTime(IDLE_THREAD_SECONDS, TimeUnit.SECONDS);
    thread.allowCoreThreadTimeOut(true);
    thread.setRemoveOnCancelPolicy(true);
  }

  void addTo(Router router) {
    router.add("GET", "/api/v1/live", (request, path) -> follow(request));
  }

  private CompletionStage<Answer> follow(Request request) {
    Answer answer;
    if (request.method().equals("HEAD")) {
      answer = Answer.text(200, "").withHeader("content-type", "text/event-stream");
    } else if (traffic.joinLive(settings.maxClients())) {
      answer = Answer.stream(Map.of("content-type", "text/event-stream"), this::join);
    } else {
      answer =
          Answer.text(503, settings.maxClients() + " clients are connected, no more are allowed")
              .withHeader("retry-after", "10");
    }
    return CompletableFuture.completedFuture(answer);
  }

  /** Takes over a connection with headers sent and a place taken. */
  private void join(Channel channel) {
    // The kernel would buffer megabytes of stale frames for a client that reads nothing.
    channel.config().setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) MAX_UNSENT_BYTES);
    Client client = new Client(channel);
    channel
        .closeFuture()
        .addListener(
            closed -> {
              traffic.leaveLive();
              thread.execute(() -> remove(client));
            });
    thread.execute(() -> add(client));
  }

  private void add(Client client) {
    if (!client.channel.isOpen()) {
      return;
    }
    clients.add(client);
    if (ticking == null) {
      // The last frame may be an hour old.
      lastContent = new byte[0];
      lastFrame = new byte[0];
      ticking =
          thread.scheduleAtFixedRate(this::tick, 0, settings.intervalNanos(), TimeUnit.NANOSECONDS);
    } else if (lastFrame.length > 0) {
      send(client, lastFrame);
    }
  }

  private void remove(Client client) {
    clients.remove(client);
    if (clients.isEmpty() && ticking != null) {
      ticking.cancel(false);
      ticking = null;
    }
  }

  private void tick() {
    try {
      byte[] now = content.get();
      traffic.liveFrame();
      long nowNs = clock.getAsLong();
      String id = "id: " + (nowNs - startNs) / 1_000_000;
      byte[] frame = frame(id, now);
      boolean isNews = !Arrays.equals(now, lastContent);
      lastContent = now;
      lastFrame = frame;
      byte[] beat = frame(id + "\nevent: beat", new byte[] {'1'});
      for (Client client : clients) {
        offer(client, isNews || client.isBehind ? frame : beat, nowNs);
      }
      hasFailed = false;
    } catch (RuntimeException e) {
      if (!hasFailed) {
        LOGGER.error("live: cannot build a frame", e);
      }
      hasFailed = true;
    }
  }

  private void offer(Client client, byte[] bytes, long nowNs) {
    if (client.onItsWay == null || client.onItsWay.isDone()) {
      send(client, bytes);
      return;
    }
    client.isBehind = true;
    traffic.skippedLiveFrame();
    if (nowNs - client.sentNs > stuckNanos) {
      var unused = client.channel.close();
    }
  }

  private void send(Client client, byte[] bytes) {
    ByteBuf message =
        client.onItsWay == null
            ? Unpooled.wrappedBuffer(RETRY, bytes)
            : Unpooled.wrappedBuffer(bytes);
    client.isBehind = false;
    client.sentNs = clock.getAsLong();
    client.onItsWay = client.channel.writeAndFlush(new DefaultHttpContent(message));
  }

  private static byte[] frame(String fields, byte[] data) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(data.length + 64);
    bytes.writeBytes((fields + "\ndata: ").getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(data);
    bytes.writeBytes(new byte[] {'\n', '\n'});
    return bytes.toByteArray();
  }

  /** Stops building frames; the server closes the connections. Idempotent. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
