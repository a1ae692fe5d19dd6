package dev.sluice.tool.bench;

import dev.sluice.tool.ProcessFigures;
import dev.sluice.tool.ToolException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What the machine did while a workload ran. A figure means nothing without it where the machine is
 * shared.
 *
 * @param roundTripNs a cache line to another core and back, measured just before
 * @param minorFaults of this process during the workload
 * @param load load average of the last minute, afterwards
 */
public record MachineNoise(double roundTripNs, long minorFaults, double load) {
  /** Starts watching. */
  public static Watch watch() throws ToolException {
    double roundTripNs = CacheLinePingPong.measureNs();
    return new Watch(roundTripNs, ProcessFigures.ofThisProcess().minorFaults());
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
}
