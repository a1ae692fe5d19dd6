package dev.sluice.tool.bench;

import dev.sluice.tool.Json;
import dev.sluice.tool.ToolException;
import java.util.Map;

/**
 * One finished run of a producer against a baseline.
 *
 * @param baseline what the baseline collected, as it printed it
 * @param producer what the producer wrote, as it printed it
 * @param deviceThreads threads of the device that can wait for the host
 */
record BaselineRun(Map<String, Object> baseline, Map<String, Object> producer, int deviceThreads) {
  /** Clean by the same rule as a run against the daemon. */
  CleanRateSearch.Outcome outcome() throws ToolException {
    double seconds = Json.real(producer, "duration_seconds");
    double collected = Json.real(baseline, "collected_bytes");
    double stalledRatio =
        seconds > 0 ? Json.real(producer, "stall_seconds") / (seconds * deviceThreads) : 0;
    return new CleanRateSearch.Outcome(
        isLossless() && stalledRatio < CleanRateWorkload.STALLED_RATIO_LIMIT,
        Json.real(producer, "bytes_per_second"),
        seconds > 0 ? collected / seconds : 0);
  }

  private boolean isLossless() throws ToolException {
    return Json.whole(producer, "dropped_records") == 0
        && Json.whole(producer, "aicore_lost") == 0
        && Json.whole(producer, "produced_records") == Json.whole(baseline, "collected_records");
  }
}
