package dev.sluice.tool.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the producer is asked to do in one run.
 *
 * @param bytesPerSecond 0 means unthrottled
 * @param burstOffNs pause after each burst of {@code burstOnNs}; 0 means a steady rate
 * @param cpus CPUs to pin the producer to; empty leaves it to the scheduler
 */
public record Load(
    String layout,
    int cores,
    int aicpuThreads,
    int level,
    long bytesPerSecond,
    long durationNs,
    long burstOnNs,
    long burstOffNs,
    String cpus) {
  static final String G1 = "l2-2026.06/a2a3";
  static final String G2 = "l2-2026.07/a2a3";
  static final String G3 = "chip-2026.08/a2a3";

  private static final long ONE_SECOND_NS = 1_000_000_000L;

  /**
   * Unthrottled for one second. The generations that drop are pinned to CPU 0: their device code
   * has a processor of its own, and is not descheduled in the middle of a buffer. The one that
   * blocks may run anywhere.
   */
  public static Load of(String layout, int cores, int aicpuThreads, int level) {
    String cpus = layout.equals(G3) ? "" : "0";
    return new Load(layout, cores, aicpuThreads, level, 0, ONE_SECOND_NS, 0, 0, cpus);
  }

  /** In words, without the rate. */
  String geometry() {
    return layout
        + ", "
        + cores
        + " cores on "
        + aicpuThreads
        + " AICPU threads, level "
        + level
        + (cpus.isEmpty() ? "" : ", producer pinned to CPU " + cpus);
  }

  public Load withRate(long rate) {
    return new Load(
        layout, cores, aicpuThreads, level, rate, durationNs, burstOnNs, burstOffNs, cpus);
  }

  public Load withDuration(long ns) {
    return new Load(
        layout, cores, aicpuThreads, level, bytesPerSecond, ns, burstOnNs, burstOffNs, cpus);
  }

  public Load withBursts(long onNs, long offNs) {
    return new Load(
        layout, cores, aicpuThreads, level, bytesPerSecond, durationNs, onNs, offNs, cpus);
  }

  /**
   * @param list CPUs to pin the producer to instead; empty leaves it to the scheduler
   */
  public Load withCpus(String list) {
    return new Load(
        layout,
        cores,
        aicpuThreads,
        level,
        bytesPerSecond,
        durationNs,
        burstOnNs,
        burstOffNs,
        list);
  }

  public List<String> arguments(Path socket, String name) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--socket", socket.toString(),
                "--device", "0",
                "--layout", layout,
                "--cores", Integer.toString(cores),
                "--aicpu-threads", Integer.toString(aicpuThreads),
                "--level", Integer.toString(level),
                "--rate", Long.toString(bytesPerSecond),
                "--duration-ns", Long.toString(durationNs),
                "--seed", "1",
                "--name", name));
    if (burstOffNs > 0) {
      arguments.addAll(
          List.of(
              "--pattern", "burst",
              "--burst-on-ns", Long.toString(burstOnNs),
              "--burst-off-ns", Long.toString(burstOffNs)));
    }
    if (!cpus.isEmpty()) {
      arguments.addAll(List.of("--cpus", cpus));
    }
    return arguments;
  }
}
