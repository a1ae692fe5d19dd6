package dev.sluice.service.http;

import dev.sluice.service.CaptureArchive;
import dev.sluice.service.CaptureInUseException;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists captures and serves them for download. Disks may be slow: one thread accesses files, at
 * most {@value #MAX_WAITING} requests wait for it, and each of {@value #MAX_DOWNLOADS} downloads
 * has its own thread and a buffer of {@value #PART_BYTES} bytes. A client that reads nothing for
 * the timeout is disconnected; an aborted client notices, because the last chunk is missing.
 */
final class CapturesApi implements AutoCloseable {
  static final int MAX_DOWNLOADS = 2;
  static final int MAX_LIMIT = 1000;
  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_WAITING = 16;
  private static final int PART_BYTES = 1 << 18;
  private static final Logger LOGGER = LoggerFactory.getLogger(CapturesApi.class);

  private final CaptureArchive archive;
  private final long timeoutMillis;
  private final Semaphore places = new Semaphore(MAX_DOWNLOADS);
  private final ExecutorService looking =
      threads(1, new ArrayBlockingQueue<>(MAX_WAITING), "sluice-captures");
  private final ExecutorService sending =
      threads(MAX_DOWNLOADS, new SynchronousQueue<>(), "sluice-download");

  CapturesApi(CaptureArchive archive, long timeoutMillis) {
    this.archive = archive;
    this.timeoutMillis = timeoutMillis;
  }

  private static ExecutorService threads(int count, BlockingQueue<Runnable> waiting, String name) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            5,
            TimeUnit.SECONDS,
            waiting,
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** Adds the list of captures at this path. */
  CapturesApi addListing(Router router, String path) {
    router.add("GET", path, (request, matcher) -> list(request));
    return this;
  }

  /** Adds the downloads below {@code /v1/captures/}. */
  CapturesApi addDownloads(Router router) {
    router.add("GET", "/v1/captures/(.+)", this::download);
    return this;
  }

  private CompletionStage<Answer> list(Request request) {
    List<String> limits = request.parameters("limit");
    String limit = limits.isEmpty() ? String.valueOf(DEFAULT_LIMIT) : limits.get(0);
    if (limits.size() > 1
        || !limit.matches("[1-9]\\d{0,3}")
        || Integer.parseInt(limit) > MAX_LIMIT) {
      return CompletableFuture.completedFuture(
          Answer.text(400, "write one ?limit= from 1 to " + MAX_LIMIT));
    }
    return look(() -> Answer.json(200, json(archive.newest(Integer.parseInt(limit)))));
  }

  private interface Look {
    Answer answer() throws IOException;
  }

  /** Runs on the file thread. */
  private CompletionStage<Answer> look(Look look) {
    try {
      return CompletableFuture.supplyAsync(
          () -> {
            try {
              return look.answer();
            } catch (IOException e) {
              LOGGER.warn("cannot read the captures: {}", e.toString());
              return Answer.text(503, "cannot read the captures, see the daemon log");
            }
          },
          looking);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(busy("too many requests for captures"));
    }
  }

  private static Answer busy(String why) {
    return Answer.text(503, why).withHeader("retry-after", "10");
  }

  private static Map<String, ?> json(CaptureArchive.Listing listing) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", listing.total());
    json.put("captures", listing.newest().stream().map(CapturesApi::json).toList());
    return json;
  }

  private static Map<String, Object> json(CaptureArchive.Entry entry) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", entry.name());
    json.put("layout", entry.layout());
    json.put("device", entry.device());
    json.put("producer", entry.producer());
    json.put("state", entry.state());
    json.put("started_at", entry.startedAt());
    json.put("ended_at", entry.endedAt());
    json.put("captured_records", entry.capturedRecords());
    json.put("dropped_records", entry.droppedRecords());
    json.put("capture_lost_records", entry.lostRecords());
    json.put("bytes", entry.bytes());
    json.put("segments", entry.segments());
    return json;
  }

  private CompletionStage<Answer> download(Request request, Matcher path) {
    if (!places.tryAcquire()) {
      return CompletableFuture.completedFuture(
          busy(MAX_DOWNLOADS + " downloads are running, no more are allowed"));
    }
    boolean isHead = request.method().equals("HEAD");
    return look(() -> open(path.group(1), isHead))
        .whenComplete(
            (answer, failure) -> {
              if (answer == null || answer.stream() == null) {
                places.release();
              }
            });
  }

  private Answer open(String name, boolean isHead) throws IOException {
    InputStream tar;
    try {
      tar = archive.download(name);
    } catch (FileNotFoundException e) {
      return Answer.text(404, e.getMessage());
    } catch (CaptureInUseException e) {
      return Answer.text(409, e.getMessage());
    }
    Map<String, String> headers =
        Map.of(
            "content-type",
            "application/x-tar",
            "content-disposition",
            "attachment; filename=\"" + name.replaceAll("[^A-Za-z0-9._-]", "-") + ".tar\"");
    if (isHead) {
      tar.close();
      return new Answer(200, headers, ByteBuffer.allocate(0));
    }
    LOGGER.info("control: capture download started: {}", name);
    return Answer.stream(headers, channel -> begin(channel, name, tar));
  }

  /** Called on the event loop once the headers are being sent. */
  private void begin(Channel channel, String name, InputStream tar) {
    try {
      sending.execute(() -> send(channel, name, tar));
    } catch (RejectedExecutionException e) {
      // The server is closing: otherwise there are as many threads as places.
      places.release();
      close(tar);
      var unused = channel.close();
    }
  }

  private static void close(InputStream tar) {
    try {
      tar.close();
    } catch (IOException e) {
      LOGGER.warn("control: cannot clean up after a download: {}", e.toString());
    }
  }

  private void send(Channel channel, String name, InputStream tar) {
    try {
      if (sendAll(channel, tar)) {
        var unused =
            channel
                .writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
                .addListener(ChannelFutureListener.CLOSE);
        return;
      }
      LOGGER.warn("control: capture download aborted, the client stopped reading: {}", name);
    } catch (IOException | RuntimeException e) {
      LOGGER.warn("control: capture download failed: {}: {}", name, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      close(tar);
      places.release();
    }
    var unused = channel.close();
  }

  /** Returns false if the client is gone or reads nothing. */
  private boolean sendAll(Channel channel, InputStream tar)
      throws IOException, InterruptedException {
    byte[] part = new byte[PART_BYTES];
    int length = tar.readNBytes(part, 0, part.length);
    while (length > 0) {
      // The array is reused only after its bytes were sent.
      ChannelFuture sent =
          channel.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(part, 0, length)));
      if (!sent.await(timeoutMillis) || !sent.isSuccess()) {
        return false;
      }
      length = tar.readNBytes(part, 0, part.length);
    }
    return true;
  }

  /** Stops answering; the server closes the connections. Idempotent. */
  @Override
  public void close() {
    looking.shutdownNow();
    sending.shutdownNow();
  }
}
