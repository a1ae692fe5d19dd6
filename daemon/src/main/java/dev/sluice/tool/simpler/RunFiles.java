package dev.sluice.tool.simpler;

import dev.sluice.config.IoReason;
import dev.sluice.output.export.CaptureSource;
import dev.sluice.output.export.ExportFormat;
import dev.sluice.output.export.ExportMonitor;
import dev.sluice.output.export.ExportRequest;
import dev.sluice.output.export.Exporter;
import dev.sluice.tool.DaemonClient;
import dev.sluice.tool.SessionReport;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * Writes the runtime's own file of each run as soon as the run ends, because the runtime's tests
 * and tools open it at once. The preloaded library requests it over a socket, one line per
 * connection.
 *
 * <pre>
 *   attached SESSION
 *   ended SESSION RUN RECORDS FOLDER
 * </pre>
 *
 * <p>Tabs separate the fields. The response is {@code ok} or an error text.
 */
final class RunFiles implements AutoCloseable {
  private static final String FILE = "chip_swimlane_records.json";
  private static final String HOST_FILE = "chip_swimlane_host.json";
  private static final int LONGEST_REQUEST = 8192;
  // The daemon writes collected records within milliseconds, unless the disk lags.
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(10);
  private static final long PAUSE_MS = 10;

  private final DaemonClient daemon;
  private final ServerSocketChannel listener;
  private final Path socket;
  private final Thread thread;
  private final Map<Long, Set<Integer>> written = new TreeMap<>(); // runs by session; lock: this

  private RunFiles(DaemonClient daemon, ServerSocketChannel listener, Path socket) {
    this.daemon = daemon;
    this.listener = listener;
    this.socket = socket;
    this.thread = new Thread(this::serve, "run-files");
    thread.setDaemon(true);
  }

  /** Listens in a private folder of this user. */
  static RunFiles open(DaemonClient daemon, Path folder) throws ToolException {
    Path socket = folder.resolve("export.sock");
    try {
      ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      listener.bind(UnixDomainSocketAddress.of(socket));
      RunFiles files = new RunFiles(daemon, listener, socket);
      files.thread.start();
      return files;
    } catch (IOException e) {
      throw new ToolException("cannot listen at " + socket + ": " + IoReason.of(e), e);
    }
  }

  Path socket() {
    return socket;
  }

  /** Returns the sessions of the command so far. */
  synchronized List<Long> sessions() {
    return List.copyOf(written.keySet());
  }

  private void serve() {
    while (true) {
      try (SocketChannel peer = listener.accept()) {
        answer(peer);
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException ignored) {
        // The peer closed the connection and no longer wants the file.
      }
    }
  }

  private void answer(SocketChannel peer) throws IOException {
    ByteBuffer line = ByteBuffer.allocate(LONGEST_REQUEST);
    while (line.hasRemaining() && !endsLine(line) && peer.read(line) >= 0) {}
    String[] words =
        new String(line.array(), 0, line.position(), StandardCharsets.UTF_8).strip().split("\t", 5);
    String result;
    try {
      result = handle(words);
    } catch (IOException e) {
      result = IoReason.of(e);
    } catch (ToolException | RuntimeException e) {
      result = String.valueOf(e.getMessage());
    }
    peer.write(ByteBuffer.wrap((result + "\n").getBytes(StandardCharsets.UTF_8)));
  }

  private static boolean endsLine(ByteBuffer line) {
    return line.position() > 0 && line.get(line.position() - 1) == '\n';
  }

  private String handle(String[] words) throws IOException, ToolException {
    if (words.length == 2 && words[0].equals("attached")) {
      note(Long.parseLong(words[1]), 0);
      return "ok";
    }
    if (words.length == 5 && words[0].equals("ended")) {
      long session = Long.parseLong(words[1]);
      int run = Integer.parseInt(words[2]);
      write(capture(session), run, Long.parseLong(words[3]), Path.of(words[4]));
      note(session, run);
      return "ok";
    }
    return "unknown request";
  }

  private synchronized void note(long session, int run) {
    written.computeIfAbsent(session, any -> new TreeSet<>()).add(run);
  }

  private synchronized boolean isWritten(long session, int run) {
    return written.getOrDefault(session, Set.of()).contains(run);
  }

  private Path capture(long session) throws ToolException {
    SessionReport report =
        daemon.sessions().stream()
            .filter(each -> each.id() == session)
            .findFirst()
            .orElseThrow(() -> new ToolException("the daemon has no session " + session));
    return report
        .capture()
        .map(capture -> Path.of(capture.directory()))
        .orElseThrow(() -> new ToolException("session " + session + " has no capture"));
  }

  /**
   * Writes the files of runs that did not end in order and so could not request them.
   *
   * @param session an ended session
   */
  void writeRest(long session) throws ToolException {
    Path directory = capture(session);
    try {
      Map<Integer, String> runs;
      try (CaptureSource source = CaptureSource.open(directory)) {
        runs = source.runs();
      }
      for (Map.Entry<Integer, String> run : runs.entrySet()) {
        if (!isWritten(session, run.getKey()) && !run.getValue().isEmpty()) {
          write(directory, run.getKey(), 0, Path.of(run.getValue()));
          note(session, run.getKey());
        }
      }
    } catch (IOException e) {
      throw new ToolException(IoReason.of(e), e);
    }
  }

  /**
   * Writes the file of a run, waiting for the capture to be complete.
   *
   * @param records records of the run that the capture must contain; lost records never arrive
   */
  private static void write(Path capture, int run, long records, Path folder)
      throws IOException, ToolException {
    long sinceNs = System.nanoTime();
    while (true) {
      try (CaptureSource source = CaptureSource.open(capture, run)) {
        boolean isLast = System.nanoTime() - sinceNs > PATIENCE_NS;
        boolean isThere = source.isRunEnded(run);
        if (isThere || isLast) {
          Exporter exporter =
              new Exporter(
                  List.of(source), ExportRequest.of(ExportFormat.RECORDS_JSON), ExportMonitor.NONE);
          if (exporter.totalRecords() >= records || isLast) {
            Files.createDirectories(folder);
            Path file = folder.resolve(FILE);
            exporter.toFile(file, true);
            Path host = folder.resolve(HOST_FILE);
            if (Files.exists(host)) {
              HostPart.merge(file, host);
            }
            return;
          }
        }
      }
      pause();
    }
  }

  private static void pause() throws ToolException {
    try {
      Thread.sleep(PAUSE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
      thread.join(PATIENCE_NS / 1_000_000);
      Files.deleteIfExists(socket);
    } catch (IOException ignored) {
      // The folder is removed, or keeps a dead socket.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
