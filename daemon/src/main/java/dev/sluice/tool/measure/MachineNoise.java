package dev.sluice.tool.measure;

import dev.sluice.tool.ProcessFigures;
import dev.sluice.tool.ToolException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The activity of the machine during a workload. On a shared machine, a figure means nothing
 * without it.
 *
 * @param roundTripNs round trip of a cache line to another core, measured just before the workload
 * @param minorFaults of this process during the workload
 * @param load load average of the last minute, read after the workload
 */
public record MachineNoise(double roundTripNs, long minorFaults, double load) {
  private static final int ROUNDS_PER_BATCH = 20;
  private static final int LEAST_BATCHES = 5;
  private static final int MOST_BATCHES = 5_000;
  private static final long ENOUGH_NS = 50_000_000L;

  /** Starts an observation. */
  public static Watch watch() throws ToolException {
    return new Watch(roundTrip(), ProcessFigures.ofThisProcess().minorFaults());
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("cache_line_round_trip_seconds", roundTripNs / 1e9);
    object.put("minor_faults", minorFaults);
    object.put("load", load);
    return object;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "round trip %.0f ns, %,d minor faults, load %.1f",
        roundTripNs,
        minorFaults,
        load);
  }

  /** The readings at the start. */
  public record Watch(double roundTripNs, long minorFaultsBefore) {
    public MachineNoise end() {
      long faults = ProcessFigures.ofThisProcess().minorFaults() - minorFaultsBefore;
      return new MachineNoise(roundTripNs, faults, ProcessFigures.load());
    }
  }

  /**
   * Returns the round-trip time of a cache line to another core in nanoseconds, the unit cost of
   * every handover between device and daemon: the median over batches. It differs by a factor of
   * two between machines, and between minutes on a shared one. If both threads share one CPU, it
   * measures the scheduler and is very large.
   */
  private static double roundTrip() throws ToolException {
    AtomicLong ball = new AtomicLong();
    Thread opponent = new Thread(() -> answer(ball), "ping-pong");
    opponent.setDaemon(true);
    opponent.start();
    double[] batches = new double[MOST_BATCHES];
    int measured = 0;
    long next = 1;
    long beginNs = System.nanoTime();
    while (measured < LEAST_BATCHES
        || (measured < MOST_BATCHES && System.nanoTime() - beginNs < ENOUGH_NS)) {
      long startNs = System.nanoTime();
      for (int round = 0; round < ROUNDS_PER_BATCH; round++, next += 2) {
        ball.setRelease(next);
        while (ball.getAcquire() != next + 1) {
          Thread.onSpinWait();
        }
      }
      batches[measured++] = (double) (System.nanoTime() - startNs) / ROUNDS_PER_BATCH;
    }
    ball.setRelease(-1);
    try {
      opponent.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ToolException("interrupted while measuring the machine", e);
    }
    return Figure.median(Arrays.copyOf(batches, measured));
  }

  private static void answer(AtomicLong ball) {
    long expected = 1;
    for (long seen = 0; seen >= 0; seen = ball.getAcquire()) {
      if (seen == expected) {
        ball.setRelease(expected + 1);
        expected += 2;
      } else {
        Thread.onSpinWait();
      }
    }
  }
}
