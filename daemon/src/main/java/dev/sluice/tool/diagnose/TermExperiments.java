package dev.sluice.tool.diagnose;

import dev.sluice.tool.Quantiles;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.measure.Figure;
import dev.sluice.tool.measure.Load;
import dev.sluice.tool.measure.Runs;
import dev.sluice.tool.measure.ScratchFolder;
import dev.sluice.tool.measure.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The experiments that need a daemon and a device. Each measures one term several times, in
 * separate runs. Single-threaded.
 */
final class TermExperiments {
  private static final long GIVE_BACK_FACTOR = 3;

  /** A run in which the device wrote less than this share of the requested rate is invalid. */
  private static final double LEAST_WRITTEN = 0.9;

  private static final String CARELESS = "l2-2026.06";

  /** Cores of a slower device fill their buffers in step, and all need the next one at once. */
  private static final double SECONDS_TO_HALF_A_BUFFER = 0.017;

  private final Runs runs;
  private final Optional<Runs.Target> target;
  private final int device;
  private final String cpus;
  private final Effort effort;
  private final Map<String, String> settings;
  private final ShapeRequest request;
  private final Shape shape;

  /**
   * @param target the daemon to use instead of private ones
   * @param device number to attach as
   * @param cpus CPUs of the producer; empty leaves it to the scheduler
   * @param settings of a private daemon
   */
  TermExperiments(
      Runs runs,
      Optional<Runs.Target> target,
      int device,
      String cpus,
      Effort effort,
      Map<String, String> settings,
      ShapeRequest request,
      Shape shape) {
    this.runs = runs;
    this.target = target;
    this.device = device;
    this.cpus = cpus;
    this.effort = effort;
    this.settings = settings;
    this.request = request;
    this.shape = shape;
  }

  ShapeRequest request() {
    return request;
  }

  Shape shape() {
    return shape;
  }

  private RunReport run(ShapeRequest of, double rate, long durationNs) throws ToolException {
    return run(of.load().withRate(Math.max(0, Math.round(rate))).withDuration(durationNs));
  }

  /** Runs once; removes the capture that a private daemon left. */
  private RunReport run(Load load) throws ToolException {
    // Pinned for every layout: the give-back rate of a waiting device is compared with the drops of
    // another layout.
    Load placed = load.withCpus(cpus).with("--device", Integer.toString(device));
    if (target.isPresent()) {
      return finished(runs.run(target.get(), placed));
    }
    RunReport report = runs.run(settings, placed);
    report
        .session()
        .capture()
        .ifPresent(capture -> ScratchFolder.delete(Path.of(capture.directory())));
    return finished(report);
  }

  private RunReport finished(RunReport report) throws ToolException {
    runs.refuseIfStopped();
    return report;
  }

  /** Returns the lowest rate of a latency run: below it the cores of this shape stay in step. */
  double leastRate() {
    double oneEach =
        shape.pools().stream()
            .mapToDouble(kind -> (double) kind.pools() * kind.bufferBytes())
            .sum();
    return oneEach / 2 / SECONDS_TO_HALF_A_BUFFER;
  }

  /**
   * A measured give-back rate.
   *
   * @param isStalled whether the device waited for the host, so the host was at its limit;
   *     otherwise the rate is the device's own and the host's is higher
   */
  record GiveBack(Figure bytesPerSecond, boolean isStalled) {}

  /**
   * Measures the give-back rate. A device that waits instead of dropping writes unthrottled, once
   * for a short time and once for three times as long; the difference is what the host gives back.
   */
  GiveBack giveBack() throws ToolException {
    List<Double> rates = new ArrayList<>();
    boolean isStalled = false;
    for (int repeat = 0; repeat < effort.giveBackRepeats(); repeat++) {
      RunReport brief = run(request.blocking(), 0, effort.giveBackNs());
      RunReport longer = run(request.blocking(), 0, GIVE_BACK_FACTOR * effort.giveBackNs());
      double seconds = longer.producedSeconds() - brief.producedSeconds();
      double bytes = longer.session().total().collectedBytes();
      double briefBytes = brief.session().total().collectedBytes();
      double rate = seconds > 0 ? (bytes - briefBytes) / seconds : 0;
      rates.add(Math.max(1, rate));
      isStalled |= longer.stalledRatio() > 0.01;
    }
    String of = String.format(Locale.ROOT, "%s, unthrottled", request.blocking().layout());
    return new GiveBack(
        Figure.term(
            "give_back",
            Unit.BYTES_PER_SECOND,
            of + ": bytes collected per second, between a run and one of three times its length",
            rates),
        isStalled);
  }

  /** The refill latencies of several runs. */
  record Latency(List<Figure> terms, RunReport typical) {
    Figure worst() {
      return terms.get(0);
    }
  }

  /**
   * Measures latency in steady runs as long as those of the edge search: the worst refill of such a
   * run limits the control path.
   */
  Latency latency(double bytesPerSecond) throws ToolException {
    long rate = Math.round(Math.max(bytesPerSecond, leastRate()));
    List<Double> worst = new ArrayList<>();
    List<Double> p50 = new ArrayList<>();
    List<Double> p99 = new ArrayList<>();
    List<Double> pause = new ArrayList<>();
    List<RunReport> reports = new ArrayList<>();
    for (int repeat = 0; repeat < effort.latencyRepeats(); repeat++) {
      RunReport run = run(request, rate, effort.runNs());
      Quantiles refill = run.session().refillLatency();
      worst.add(refill.max());
      p50.add(refill.p50());
      p99.add(refill.p99());
      pause.add(run.session().drainPause().max());
      reports.add(run);
    }
    String of =
        String.format(
            Locale.ROOT,
            "runs of %s at %s: ",
            Unit.SECONDS.format(effort.runNs() / 1e9),
            Unit.BYTES_PER_SECOND.format(rate));
    Figure worstTerm =
        Figure.term(
            "refill_latency_worst",
            Unit.SECONDS,
            of + "the longest time from a published buffer to its replacement, per run",
            worst);
    return new Latency(
        List.of(
            worstTerm,
            Figure.term("refill_latency_p50", Unit.SECONDS, of + "the median of that time", p50),
            Figure.term(
                "refill_latency_p99", Unit.SECONDS, of + "the 99th percentile of that time", p99),
            Figure.term(
                "drain_pause_worst",
                Unit.SECONDS,
                of + "the longest gap between two polls",
                pause)),
        reports.get(worst.indexOf(worstTerm.value())));
  }

  /**
   * Returns the unthrottled rate of this device. Measured in the generation that drops at once: a
   * generation that waits a little for each record it cannot place has a limit of its own.
   */
  double capacity() throws ToolException {
    String platform = request.layout().substring(request.layout().indexOf('/'));
    ShapeRequest careless = request.withLayout(CARELESS + platform, request.slots());
    return run(careless, 0, effort.runNs()).offeredBytesPerSecond();
  }

  /** Runs once at a steady rate. */
  ShapeResult.Point steady(double rate) throws ToolException {
    return point(rate, rate, run(request, Math.max(1, rate), effort.runNs()));
  }

  /**
   * Runs several bursts of this length, with enough time between them for the host to catch up.
   *
   * @param giveBack give-back rate of the host, bytes per second
   */
  ShapeResult.Point bursts(double rate, double burstSeconds, double giveBack) throws ToolException {
    long onNs = Math.max(1, Math.round(burstSeconds * 1e9));
    long offNs = Math.round(onNs * 1.5 * rate / giveBack) + 20_000_000L;
    Load load =
        request
            .load()
            .withRate(Math.max(1, Math.round(rate)))
            .withDuration(effort.bursts() * (onNs + offNs))
            .withBursts(onNs, offNs);
    return point(burstSeconds, rate * onNs / (onNs + offNs), run(load));
  }

  /**
   * @param asked mean rate requested of the device, bytes per second
   */
  private ShapeResult.Point point(double value, double asked, RunReport run) throws ToolException {
    long device = Math.max(1, run.session().total().deviceRecords());
    long lost =
        run.session().total().droppedRecords()
            + Math.abs(run.session().total().unaccountedRecords());
    boolean isClean = run.isLossless() && run.stalledRatio() < Effort.MOST_STALLED;
    return new ShapeResult.Point(
        value,
        run.offeredBytesPerSecond(),
        (double) lost / device,
        run.stalledRatio(),
        isClean,
        run.offeredBytesPerSecond() < LEAST_WRITTEN * asked);
  }
}
