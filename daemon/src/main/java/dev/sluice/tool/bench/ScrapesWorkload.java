package dev.sluice.tool.bench;

import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Whether scrapers can disturb the refill: the same run alone, and while a thousand connections ask
 * for {@code /metrics} at once, again and again. The daemon and the scrapers have processes of
 * their own, as they would.
 *
 * <p>Scrapers are on other hosts, and what they compute there takes no CPU from the daemon. Here
 * they must share its CPUs, so there are two figures: in one they have the same priority as
 * everything else, which asks for more than is promised; in the other they have the lowest, so that
 * most of what disturbs is what the daemon and the kernel do to answer them.
 */
record ScrapesWorkload(String name, Load load, int connections) implements Workload {
  private static final double MOST_TIMES_SLOWER = 2;
  private static final int EQUAL = 0;
  private static final int LOWEST = 19;
  private static final long STOP_TIMEOUT_SECONDS = 60;

  @Override
  public int version() {
    return 2;
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
  private record Scraped(long served, long refused, long unanswered) {
    static final Scraped NONE = new Scraped(0, 0, 0);

    Scraped plus(Scraped other) {
      return new Scraped(
          served + other.served, refused + other.refused, unanswered + other.unanswered);
    }
  }

  @Override
  public Measurement measure(Bench bench) throws ToolException {
    List<RunReport> runs = new ArrayList<>();
    double[] alone = new double[bench.runs()];
    double[] equal = new double[bench.runs()];
    double[] lowest = new double[bench.runs()];
    Map<String, String> settings = new LinkedHashMap<>(bench.settings());
    settings.put("sluice.http.max-connections", Integer.toString(2 * connections));
    Scraped scraped = Scraped.NONE;
    for (int run = 0; run < alone.length; run++) {
      try (DaemonProcess daemon = DaemonProcess.start(settings)) {
        runs.add(run(bench, daemon));
        alone[run] = p99(runs);
        for (int lower : new int[] {EQUAL, LOWEST}) {
          Process storm = start(daemon, lower);
          try {
            runs.add(run(bench, daemon));
          } finally {
            scraped = scraped.plus(end(storm));
          }
          (lower == EQUAL ? equal : lowest)[run] = p99(runs);
        }
      }
    }
    double most = MOST_TIMES_SLOWER * Medians.of(alone);
    return new Measurement(
        List.of(
            Figure.told("p99 alone", Medians.of(alone), Unit.SECONDS),
            Figure.atMost(most, "p99 under scrapes", Medians.of(equal), Unit.SECONDS),
            Figure.atMost(
                most, "p99, scrapers at lowest priority", Medians.of(lowest), Unit.SECONDS),
            Figure.told("scrapes served", scraped.served(), Unit.REQUESTS),
            Figure.told("answered with 503", scraped.refused(), Unit.REQUESTS),
            Figure.atMost(0, "without an answer", scraped.unanswered(), Unit.REQUESTS)),
        runs);
  }

  private RunReport run(Bench bench, DaemonProcess daemon) throws ToolException {
    return bench.run(
        load, daemon.client(), daemon.attachSocket(), () -> daemon.figures().cpuSeconds());
  }

  private static double p99(List<RunReport> runs) {
    return runs.get(runs.size() - 1).session().refillLatency().p99();
  }

  private Process start(DaemonProcess daemon, int lower) throws ToolException {
    try {
      return new ProcessBuilder(
              "nice",
              "-n",
              Integer.toString(lower),
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:+UseSerialGC",
              "-Xmx256m",
              "-XX:TieredStopAtLevel=1",
              "-cp",
              System.getProperty("java.class.path"),
              ScrapeStorm.class.getName(),
              Integer.toString(daemon.client().base().getPort()),
              Integer.toString(connections))
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
    } catch (IOException e) {
      throw new ToolException("cannot start the scrapers: " + e.getMessage(), e);
    }
  }

  /** Lets the scrapers finish their round, and tells what they counted. */
  private static Scraped end(Process storm) throws ToolException {
    try {
      storm.getOutputStream().close();
      String counted = new String(storm.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      String[] numbers = counted.trim().split(" ", -1);
      if (!storm.waitFor(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS) || numbers.length != 3) {
        throw new ToolException("the scrapers did not say what they counted");
      }
      return new Scraped(
          Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
    } catch (IOException e) {
      throw new ToolException("the scrapers are gone: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted", e);
    } finally {
      storm.destroyForcibly();
    }
  }
}
