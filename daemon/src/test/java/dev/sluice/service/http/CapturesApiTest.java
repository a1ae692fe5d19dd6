package dev.sluice.service.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.config.ControlSettings;
import dev.sluice.service.Books;
import dev.sluice.service.CaptureArchive;
import dev.sluice.service.CaptureInUseException;
import dev.sluice.service.ControlActions;
import dev.sluice.service.FakeView;
import dev.sluice.service.transport.EventLoops;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CapturesApiTest {
  private static final long TIMEOUT_MILLIS = 300;

  @TempDir Path directory;
  private final Archive archive = new Archive();
  private EventLoops loops;
  private ControlServer server;

  /** An archive that serves zeros for any known name, then ends or fails. */
  private static final class Archive implements CaptureArchive {
    final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    final AtomicInteger open = new AtomicInteger();
    volatile long bytes = 1000;
    volatile boolean isRemoved;

    @Override
    public Listing newest(int limit) throws IOException {
      if (isRemoved) {
        throw new IOException("secret path");
      }
      Entry entry = new Entry("run", "l2", 3, "train", "detached", "t0", "t1", 10, 1, 2, 4096, 5);
      return new Listing(7, List.of(entry).subList(0, Math.min(1, limit)));
    }

    @Override
    public InputStream download(String name) throws IOException {
      asked.add(name);
      if (name.equals("open")) {
        throw new CaptureInUseException("open is still being written");
      } else if (!name.equals("run") && !name.equals("snapshots/part")) {
        throw new FileNotFoundException("no capture has this name");
      }
      open.incrementAndGet();
      return new InputStream() {
        private long left = bytes;

        @Override
        public int read() throws IOException {
          if (left == 0 && isRemoved) {
            throw new IOException("gone");
          }
          if (left == 0) {
            return -1;
          }
          left--;
          return 'x';
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
          if (left == 0) {
            return read();
          }
          int now = (int) Math.min(left, length);
          left -= now;
          Arrays.fill(into, offset, offset + now, (byte) 'x');
          return now;
        }

        @Override
        public void close() {
          open.decrementAndGet();
        }
      };
    }
  }

  private static final class NoActions implements ControlActions {
    @Override
    public CompletionStage<Books> detachSession(int session) {
      return CompletableFuture.failedFuture(new IllegalStateException());
    }

    @Override
    public CompletionStage<List<String>> snapshot(String reason) {
      return CompletableFuture.completedFuture(List.of());
    }
  }

  @BeforeEach
  void start() {
    loops = new EventLoops(1);
    FakeView view = new FakeView();
    view.archive = archive;
    server =
        ControlServer.start(
            new ControlSettings(directory.resolve("control.sock")),
            view,
            new NoActions(),
            () -> CompletableFuture.failedFuture(new IllegalStateException()),
            new HttpLimits(16, 4096, 8192, TIMEOUT_MILLIS),
            loops);
  }

  @AfterEach
  void stop() {
    server.close();
    loops.close();
  }

  private SocketChannel ask(String requestLine) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(server.socket()));
    String request = requestLine + " HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    return channel;
  }

  private String send(String requestLine) throws IOException {
    try (SocketChannel channel = ask(requestLine)) {
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      ByteBuffer part = ByteBuffer.allocate(1 << 16);
      while (channel.read(part.clear()) >= 0) {
        answer.write(part.array(), 0, part.position());
      }
      return answer.toString(StandardCharsets.US_ASCII);
    }
  }

  @Test
  void shouldListTheNewestCaptures() throws Exception {
    String list = send("GET /v1/captures");
    assertTrue(list.startsWith("HTTP/1.1 200"), list);
    assertTrue(
        list.endsWith(
            "{\"total\":7,\"captures\":[{\"name\":\"run\",\"layout\":\"l2\",\"device\":3,"
                + "\"producer\":\"train\",\"state\":\"detached\",\"started_at\":\"t0\","
                + "\"ended_at\":\"t1\",\"captured_records\":10,\"dropped_records\":1,"
                + "\"capture_lost_records\":2,\"bytes\":4096,\"segments\":5}]}\n"),
        list);
    for (String bad : List.of("0", "-1", "1001", "x", "", "1&limit=2")) {
      String refused = send("GET /v1/captures?limit=" + bad);
      assertTrue(refused.startsWith("HTTP/1.1 400"), refused);
    }
    assertTrue(send("POST /v1/captures").startsWith("HTTP/1.1 405"));
    archive.isRemoved = true;
    String failed = send("GET /v1/captures");
    assertTrue(failed.startsWith("HTTP/1.1 503"), failed);
    assertFalse(failed.contains("secret"), failed);
  }

  @Test
  void shouldSendACaptureInChunks() throws Exception {
    archive.bytes = 1_000_000;
    String answer = send("GET /v1/captures/run");
    assertTrue(answer.startsWith("HTTP/1.1 200"), answer.substring(0, 40));
    assertTrue(answer.contains("content-type: application/x-tar"));
    assertTrue(answer.contains("filename=\"run.tar\""));
    assertEquals(
        1_000_000,
        answer.substring(answer.indexOf("\r\n\r\n")).chars().filter(c -> c == 'x').count());
    assertTrue(answer.endsWith("\r\n0\r\n\r\n"), "the last chunk");
    assertTrue(send("GET /v1/captures/snapshots/part").contains("filename=\"snapshots-part.tar\""));
    String head = send("HEAD /v1/captures/run");
    assertTrue(head.startsWith("HTTP/1.1 200") && head.endsWith("\r\n\r\n"), head);
    until(() -> archive.open.get() == 0);
  }

  @Test
  void shouldRefuseWhatIsNoFinishedCapture() throws Exception {
    String open = send("GET /v1/captures/open");
    assertTrue(open.startsWith("HTTP/1.1 409"), open);
    assertTrue(open.endsWith("open is still being written\n"), open);
    // Whatever the path contains, the archive only looks up a name, and knows none of these.
    for (String trick :
        List.of("none", "../run", "%2e%2e%2frun", "run/..", "/etc/passwd", "run%00", "run/")) {
      String unknown = send("GET /v1/captures/" + trick);
      assertTrue(unknown.startsWith("HTTP/1.1 404"), trick + ": " + unknown);
    }
    assertTrue(archive.asked.contains("../run"), archive.asked::toString);
    assertTrue(send("POST /v1/captures/run").startsWith("HTTP/1.1 405"));
    assertEquals(0, archive.open.get());
  }

  @Test
  void shouldBreakOffWhenTheCaptureCannotBeReadOn() throws Exception {
    archive.bytes = 600_000;
    archive.isRemoved = true;
    String answer = send("GET /v1/captures/run");
    assertTrue(answer.startsWith("HTTP/1.1 200"));
    assertFalse(answer.endsWith("0\r\n\r\n"), "a client must not take it for the end");
    until(() -> archive.open.get() == 0);
  }

  @Test
  void shouldGiveUpAClientThatStopsReading() throws Exception {
    archive.bytes = Long.MAX_VALUE;
    try (SocketChannel first = ask("GET /v1/captures/run");
        SocketChannel second = ask("GET /v1/captures/run")) {
      until(() -> archive.open.get() == CapturesApi.MAX_DOWNLOADS);
      String third = send("GET /v1/captures/run");
      assertTrue(third.startsWith("HTTP/1.1 503"), third);
      assertTrue(third.contains("retry-after"), third);
      // Neither client reads: both are closed after the timeout and free their slots.
      until(() -> archive.open.get() == 0);
      assertTrue(first.isOpen() && second.isOpen(), "on this side");
    }
    archive.bytes = 10;
    until(() -> sendQuietly("GET /v1/captures/run").startsWith("HTTP/1.1 200"));
  }

  @Test
  void shouldNoticeAClientThatLeaves() throws Exception {
    archive.bytes = Long.MAX_VALUE;
    ask("GET /v1/captures/run").close();
    until(() -> !archive.asked.isEmpty() && archive.open.get() == 0);
  }

  private static void until(BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + 15_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNs < 0, "waited in vain");
      LockSupport.parkNanos(2_000_000);
    }
  }

  private String sendQuietly(String requestLine) {
    try {
      return send(requestLine);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
