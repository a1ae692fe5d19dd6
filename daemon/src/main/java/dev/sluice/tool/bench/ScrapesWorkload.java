package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Whether scrapers can disturb the refill: the same run alone, and while a thousand connections ask
 * for {@code /metrics} at once, again and again. The daemon has a process of its own, as it would.
 */
record ScrapesWorkload(String name, Load load, int connections) implements Workload {
  private static final double MOST_TIMES_SLOWER = 2;
  private static final int TIMEOUT_MS = 20_000;
  private static final byte[] REQUEST =
      "GET /metrics HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  @Override
  public int version() {
    return 1;
  }

  @Override
  public String description() {
    return "refill latency alone and under "
        + connections
        + " scrapes at once, "
        + load.layout()
        + ", "
        + load.cores()
        + " cores";
  }

  /** What became of the requests. */
  private record Scraped(long served, long refused, long unanswered) {}

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    double[] alone = new double[bench.runs()];
    double[] scraped = new double[bench.runs()];
    long served = 0;
    long refused = 0;
    long unanswered = 0;
    for (int run = 0; run < alone.length; run++) {
      try (DaemonProcess daemon =
          DaemonProcess.start(
              with(bench.settings(), Map.of("sluice.http.max-connections", "2048")))) {
        RunReport quiet = run(bench, daemon);
        AtomicBoolean isOver = new AtomicBoolean();
        CompletableFuture<Scraped> scrapes =
            CompletableFuture.supplyAsync(() -> scrape(daemon.client().base().getPort(), isOver));
        RunReport busy;
        try {
          busy = run(bench, daemon);
        } finally {
          isOver.set(true);
        }
        Scraped answers = joined(scrapes);
        runs.add(quiet);
        runs.add(busy);
        alone[run] = quiet.session().refillLatency().p99();
        scraped[run] = busy.session().refillLatency().p99();
        served += answers.served();
        refused += answers.refused();
        unanswered += answers.unanswered();
      }
    }
    return new Measurement(
        List.of(
            Figure.told("p99 alone", Medians.of(alone), Unit.SECONDS),
            Figure.atMost(
                MOST_TIMES_SLOWER * Medians.of(alone),
                "p99 under scrapes",
                Medians.of(scraped),
                Unit.SECONDS),
            Figure.told("scrapes served", served, Unit.REQUESTS),
            Figure.told("answered with 503", refused, Unit.REQUESTS),
            Figure.atMost(0, "without an answer", unanswered, Unit.REQUESTS)),
        runs);
  }

  private static Map<String, String> with(Map<String, String> settings, Map<String, String> more) {
    Map<String, String> all = new java.util.LinkedHashMap<>(settings);
    all.putAll(more);
    return all;
  }

  private RunReport run(Bench bench, DaemonProcess daemon) throws ToolException {
    return bench.run(
        load, daemon.client(), daemon.attachSocket(), () -> daemon.figures().cpuSeconds());
  }

  /** All connections are open before the first asks; then the answers are read one by one. */
  private Scraped scrape(int port, AtomicBoolean isOver) {
    long served = 0;
    long refused = 0;
    long unanswered = 0;
    do {
      List<Socket> sockets = new ArrayList<>();
      try {
        for (int i = 0; i < connections; i++) {
          Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
          socket.setSoTimeout(TIMEOUT_MS);
          sockets.add(socket);
        }
        for (Socket socket : sockets) {
          socket.getOutputStream().write(REQUEST);
        }
        for (Socket socket : sockets) {
          String status = status(socket);
          served += status.equals("200") ? 1 : 0;
          refused += status.equals("503") ? 1 : 0;
          unanswered += status.isEmpty() ? 1 : 0;
        }
      } catch (IOException e) {
        throw new CompletionException(new ToolException("cannot scrape: " + e.getMessage(), e));
      } finally {
        sockets.forEach(ScrapesWorkload::close);
      }
    } while (!isOver.get());
    return new Scraped(served, refused, unanswered);
  }

  /** The status of an answer that came whole; empty if none did. */
  private static String status(Socket socket) {
    try {
      InputStream from = socket.getInputStream();
      String line = new String(from.readNBytes(12), StandardCharsets.US_ASCII);
      from.transferTo(java.io.OutputStream.nullOutputStream());
      return line.startsWith("HTTP/1.1 ") ? line.substring(9) : "";
    } catch (IOException e) {
      return "";
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException ignored) {
      // It is of no more use either way.
    }
  }

  private static Scraped joined(CompletableFuture<Scraped> scrapes) throws ToolException {
    try {
      return scrapes.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ToolException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
