package dev.sluice.tool.measure;

import dev.sluice.tool.ProducerOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The producer's load in one run.
 *
 * @param options more producer options, by name
 */
public record Load(
    String layout, int cores, int aicpuThreads, int level, Map<String, String> options) {
  public static final String L2_2026_06 = "l2-2026.06/a2a3";
  public static final String L2_2026_07 = "l2-2026.07/a2a3";

  /** Default layout of the commands. */
  public static final String NEWEST = "chip-2026.09/a2a3";

  private static final String RATE = "--rate";
  private static final String CPUS = "--cpus";

  public Load {
    options = new LinkedHashMap<>(options);
  }

  /**
   * Returns an unthrottled load of one second. Producers of layouts that drop are pinned to CPU 0:
   * a real device has a CPU of its own and is never descheduled in the middle of a buffer. Those
   * that wait may run anywhere.
   */
  public static Load of(String layout, int cores, int aicpuThreads, int level) {
    return new Load(layout, cores, aicpuThreads, level, Map.of(RATE, "0"))
        .withDuration(1_000_000_000L)
        .withCpus(layout.startsWith("chip") ? "" : "0");
  }

  /** Returns this load with another producer option; an empty value removes the option. */
  public Load with(String option, String value) {
    Map<String, String> more = new LinkedHashMap<>(options);
    if (value.isEmpty()) {
      more.remove(option);
    } else {
      more.put(option, value);
    }
    return new Load(layout, cores, aicpuThreads, level, more);
  }

  /**
   * @param bytesPerSecond 0 for unthrottled
   */
  public Load withRate(long bytesPerSecond) {
    return with(RATE, Long.toString(bytesPerSecond));
  }

  public Load withDuration(long ns) {
    return with("--duration-ns", Long.toString(ns));
  }

  public Load withBursts(long onNs, long offNs) {
    return with("--pattern", "burst")
        .with("--burst-on-ns", Long.toString(onNs))
        .with("--burst-off-ns", Long.toString(offNs));
  }

  /**
   * @param list CPUs to pin the producer to; empty leaves it to the scheduler
   */
  public Load withCpus(String list) {
    return with(CPUS, list);
  }

  /** Returns the rate; 0 for unthrottled. */
  public long bytesPerSecond() {
    return Long.parseLong(options.get(RATE));
  }

  /** Describes the load without its rate. */
  public String geometry() {
    return layout
        + ", "
        + cores
        + " cores on "
        + aicpuThreads
        + " AICPU threads, level "
        + level
        + (options.containsKey(CPUS) ? ", producer pinned to CPU " + options.get(CPUS) : "");
  }

  /** Returns the number of device threads that can wait for the host. */
  public int deviceThreads() {
    return ProducerOptions.deviceThreads(aicpuThreads, level);
  }

  public List<String> arguments(String socket, String name) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("--socket", socket);
    all.put("--name", name);
    all.put("--device", "0");
    all.put("--layout", layout);
    all.put("--cores", Integer.toString(cores));
    all.put("--aicpu-threads", Integer.toString(aicpuThreads));
    all.put("--level", Integer.toString(level));
    all.put("--seed", "1");
    all.putAll(options);
    List<String> arguments = new ArrayList<>();
    all.forEach((option, value) -> arguments.addAll(List.of(option, value)));
    return arguments;
  }
}
