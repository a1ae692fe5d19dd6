package dev.sluice.tool.diagnose;

import dev.sluice.tool.Quantiles;
import dev.sluice.tool.RunReport;
import dev.sluice.tool.ToolException;
import dev.sluice.tool.bench.Load;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The experiments that need a daemon and a device. Each measures one term, several times, in runs
 * of its own. One thread.
 */
final class TermExperiments {
  /** The name of the term L. */
  static final String WORST_LATENCY = "refill_latency_worst";

  private static final long GIVE_BACK_FACTOR = 3;

  /** A device that wrote less than this of what it was asked for has not shown what it was for. */
  private static final double LEAST_WRITTEN = 0.9;

  private static final String CARELESS = "l2-2026.06";

  /** The cores of a slower device fill their buffers in step, and all want the next one at once. */
  private static final double SECONDS_TO_HALF_A_BUFFER = 0.017;

  private final Runs runs;
  private final Effort effort;
  private final Map<String, String> settings;
  private final ShapeRequest request;
  private final Shape shape;

  TermExperiments(
      Runs runs, Effort effort, Map<String, String> settings, ShapeRequest request, Shape shape) {
    this.runs = runs;
    this.effort = effort;
    this.settings = settings;
    this.request = request;
    this.shape = shape;
  }

  private RunReport run(ShapeRequest device, long rate, long durationNs, Map<String, String> with)
      throws ToolException {
    Load load =
        Load.of(device.layout(), device.cores(), device.aicpuThreads(), ShapeRequest.LEVEL)
            .withRate(rate)
            .withDuration(durationNs);
    return runs.run(with, load, device);
  }

  /** Below this rate a device of this shape is not one whose cores are out of step. */
  double leastRate() {
    double oneEach =
        shape.pools().stream()
            .mapToDouble(kind -> (double) kind.pools() * kind.bufferBytes())
            .sum();
    return oneEach / 2 / SECONDS_TO_HALF_A_BUFFER;
  }

  /**
   * What was given back.
   *
   * @param isStalled the device waited for the host, so the host was at its limit; else the rate is
   *     the device's own and the host's is higher
   */
  record GiveBack(Term bytesPerSecond, boolean isStalled) {}

  /**
   * A device that waits instead of dropping writes as fast as it may, once for a short while and
   * once for three times as long. The difference is what the host gives back in the time between.
   */
  GiveBack giveBack() throws ToolException {
    List<Double> rates = new ArrayList<>();
    boolean isStalled = false;
    for (int repeat = 0; repeat < effort.giveBackRepeats(); repeat++) {
      RunReport brief = run(request.blocking(), 0, effort.giveBackNs(), settings);
      RunReport longer =
          run(request.blocking(), 0, GIVE_BACK_FACTOR * effort.giveBackNs(), settings);
      double seconds = longer.producedSeconds() - brief.producedSeconds();
      double bytes = longer.session().total().collectedBytes();
      double briefBytes = brief.session().total().collectedBytes();
      double rate = seconds > 0 ? (bytes - briefBytes) / seconds : 0;
      rates.add(Math.max(1, rate));
      isStalled |= longer.stalledRatio() > 0.01;
    }
    String of = String.format(Locale.ROOT, "%s, unthrottled", request.blocking().layout());
    return new GiveBack(
        new Term(
            "give_back",
            Unit.BYTES_PER_SECOND,
            of + ": bytes collected per second, between a run and one of three times its length",
            rates),
        isStalled);
  }

  /** The refill latencies of some runs. */
  record Latency(Term worst, Term p50, Term p99, Term pause, RunReport typical) {
    Quantiles refill() {
      return typical.session().refillLatency();
    }
  }

  /**
   * Steady runs of the length of those in which the edge is searched: the worst refill of a run of
   * that length is what the control path has to live with.
   */
  Latency latency(double bytesPerSecond) throws ToolException {
    long rate = Math.round(Math.max(bytesPerSecond, leastRate()));
    List<Double> worst = new ArrayList<>();
    List<Double> p50 = new ArrayList<>();
    List<Double> p99 = new ArrayList<>();
    List<Double> pause = new ArrayList<>();
    List<RunReport> reports = new ArrayList<>();
    for (int repeat = 0; repeat < effort.latencyRepeats(); repeat++) {
      RunReport run = run(request, rate, effort.runNs(), settings);
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
    Term worstTerm =
        new Term(
            WORST_LATENCY,
            Unit.SECONDS,
            of + "the longest time from a published buffer to its replacement, per run",
            worst);
    return new Latency(
        worstTerm,
        new Term("refill_latency_p50", Unit.SECONDS, of + "the median of the same", p50),
        new Term("refill_latency_p99", Unit.SECONDS, of + "the 99th percentile of the same", p99),
        new Term(
            "drain_pause_worst", Unit.SECONDS, of + "the longest gap between two polls", pause),
        reports.get(worst.indexOf(worstTerm.median())));
  }

  /**
   * What this device writes when nothing holds it back: measured in the generation that drops at
   * once, since one that waits a little for every record it cannot place is slow in its own way.
   */
  double capacity() throws ToolException {
    String platform = request.layout().substring(request.layout().indexOf('/'));
    ShapeRequest careless = request.withLayout(CARELESS + platform, request.slots());
    return run(careless, 0, effort.runNs(), settings).offeredBytesPerSecond();
  }

  /** One run at a steady rate. */
  EdgeSearch.Point steady(double rate) throws ToolException {
    return point(rate, rate, run(request, Math.max(1, Math.round(rate)), effort.runNs(), settings));
  }

  /**
   * Some bursts of this length, with enough time between them for the host to catch up.
   *
   * @param giveBack what the host gives back, bytes per second
   */
  EdgeSearch.Point bursts(double rate, double burstSeconds, double giveBack) throws ToolException {
    long onNs = Math.max(1, Math.round(burstSeconds * 1e9));
    long offNs = Math.round(onNs * 1.5 * rate / giveBack) + 20_000_000L;
    Load load =
        Load.of(request.layout(), request.cores(), request.aicpuThreads(), ShapeRequest.LEVEL)
            .withRate(Math.max(1, Math.round(rate)))
            .withDuration(effort.bursts() * (onNs + offNs))
            .withBursts(onNs, offNs);
    return point(burstSeconds, rate * onNs / (onNs + offNs), runs.run(settings, load, request));
  }

  /**
   * @param asked what the device should have written in the mean, bytes per second
   */
  private EdgeSearch.Point point(double value, double asked, RunReport run) throws ToolException {
    long device = Math.max(1, run.session().total().deviceRecords());
    long lost =
        run.session().total().droppedRecords()
            + Math.abs(run.session().total().unaccountedRecords());
    boolean isClean = run.isLossless() && run.stalledRatio() < Effort.MOST_STALLED;
    return new EdgeSearch.Point(
        value,
        run.offeredBytesPerSecond(),
        (double) lost / device,
        run.stalledRatio(),
        isClean,
        run.offeredBytesPerSecond() < LEAST_WRITTEN * asked);
  }
}
