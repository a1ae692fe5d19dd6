package dev.sluice.tool.measure;

import dev.sluice.tool.ToolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Checks whether this machine was mostly idle during a measurement. On a busy machine the figures
 * reflect other programs, and the report must mention it.
 */
public final class QuietCheck {
  /** Share of all CPUs, while nothing of ours runs. */
  private static final double MOST_BUSY = 0.10;

  private static final double MOST_STOLEN = 0.01;
  private static final double MOST_LOST = 0.02;
  private static final double LONGEST_GAP_SECONDS = 0.010;
  private static final double MOST_SPREAD = 0.5;
  private static final double MOST_DRIFT = 1.5;

  /** With fewer, the device and the daemon take turns instead of running in parallel. */
  private static final int LEAST_PROCESSORS = 2;

  private final int processors;
  private final Path stat;
  private final List<String> reasons = new ArrayList<>();
  private CpuTimes begin;
  private CpuTimes end;
  private double idleBusy;
  private MachineNoise noise;

  public QuietCheck() {
    this(Runtime.getRuntime().availableProcessors(), Path.of("/proc/stat"));
  }

  QuietCheck(int processors, Path stat) {
    this.processors = processors;
    this.stat = stat;
  }

  /** CPU time of the whole machine since boot, in clock ticks. */
  record CpuTimes(long busy, long stolen, long all) {
    static CpuTimes read(Path stat) throws ToolException {
      try {
        String[] words = Files.readString(stat).split("\n", 2)[0].split("\\s+", -1);
        long all = 0;
        for (int i = 1; i <= 8; i++) {
          all += Long.parseLong(words[i]);
        }
        long idle = Long.parseLong(words[4]) + Long.parseLong(words[5]);
        long stolen = Long.parseLong(words[8]);
        return new CpuTimes(all - idle - stolen, stolen, all);
      } catch (IOException | RuntimeException e) {
        throw new ToolException("cannot read the CPU times in " + stat, e);
      }
    }

    double busyRatio(CpuTimes before) {
      return all == before.all ? 0 : (double) (busy - before.busy) / (all - before.all);
    }

    double stolenRatio(CpuTimes before) {
      return all == before.all ? 0 : (double) (stolen - before.stolen) / (all - before.all);
    }
  }

  /**
   * Checks the machine while nothing of ours runs.
   *
   * @param rest waits for about half a second
   */
  public void before(Rest rest) throws ToolException {
    if (processors < LEAST_PROCESSORS) {
      reasons.add(
          "only one CPU: the device and the daemon take turns on it, so the results measure the"
              + " scheduler");
    }
    CpuTimes first = CpuTimes.read(stat);
    rest.run();
    begin = CpuTimes.read(stat);
    idleBusy = begin.busyRatio(first);
    if (idleBusy > MOST_BUSY) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "other work used %.0f %% of the CPUs before the first experiment (more than %.0f"
                  + " %%)",
              100 * idleBusy,
              100 * MOST_BUSY));
    }
    noise = MachineNoise.watch().end();
  }

  /** Waits. */
  public interface Rest {
    void run() throws ToolException;
  }

  /**
   * Checks how long a thread that only reads the clock was off its CPU.
   *
   * @param lostRatio share of the time off CPU
   */
  public void pauses(double lostRatio, double longestSeconds) {
    if (lostRatio > MOST_LOST) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "a spinning thread did not run for %.1f %% of the time (more than %.0f %%)",
              100 * lostRatio,
              100 * MOST_LOST));
    }
    if (longestSeconds > LONGEST_GAP_SECONDS) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "a spinning thread once did not run for %s (more than %s)",
              Unit.SECONDS.format(longestSeconds),
              Unit.SECONDS.format(LONGEST_GAP_SECONDS)));
    }
  }

  /** Checks how well a term repeats. */
  public void repeats(Figure term) {
    if (term.spread() > MOST_SPREAD) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "%s did not repeat: from %s to %s",
              term.name(),
              term.unit().format(term.low()),
              term.unit().format(term.high())));
    }
  }

  /**
   * Checks whether a term changed during a search.
   *
   * @param where name of the device
   */
  public void drift(String where, Figure before, Figure after) {
    double ratio = after.value() / before.value();
    if (ratio > MOST_DRIFT || ratio < 1 / MOST_DRIFT) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "%s: %s was %s before the search and %s after it",
              where,
              before.name(),
              before.text(),
              after.text()));
    }
  }

  /** Checks the machine over the whole diagnosis. */
  public void after() throws ToolException {
    end = CpuTimes.read(stat);
    double stolen = begin == null ? 0 : end.stolenRatio(begin);
    if (stolen > MOST_STOLEN) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "the hypervisor took %.1f %% of the CPU time (more than %.0f %%)",
              100 * stolen,
              100 * MOST_STOLEN));
    }
  }

  public boolean isQuiet() {
    return reasons.isEmpty();
  }

  public List<String> reasons() {
    return List.copyOf(reasons);
  }

  public Map<String, Object> toJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("processors", processors);
    object.put("java_version", Runtime.version().toString());
    object.put("quiet", isQuiet());
    object.put("reasons", reasons());
    object.put("busy_ratio_before", idleBusy);
    object.put("stolen_ratio", begin == null || end == null ? 0 : end.stolenRatio(begin));
    if (noise != null) {
      object.putAll(noise.toJson());
    }
    return object;
  }

  @Override
  public String toString() {
    return processors + " CPUs, Java " + Runtime.version() + (noise == null ? "" : ", " + noise);
  }
}
