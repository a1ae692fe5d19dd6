package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;
import java.util.List;
import java.util.Map;

/**
 * Probes that need daemon internals. The composition root implements them, so that commands do not
 * depend on it.
 */
public interface HostProbes {
  /**
   * Returns how a daemon with these settings would lay out a session's buffers.
   *
   * @throws ToolException with the arithmetic, if the daemon would refuse
   */
  Shape plan(ShapeRequest request, Map<String, String> settings) throws ToolException;

  /**
   * Runs a thread like those of the lanes that only reads the clock: a gap in its readings would
   * also keep a lane from its queues.
   *
   * @param thresholdNs shortest gap to record
   */
  Pauses pauses(Map<String, String> settings, long durationNs, long thresholdNs)
      throws ToolException;

  /**
   * Returns buffers per second through drain, refill and collector on one thread. No thread reads
   * the content of the buffers, and the time of the simulated device does not count.
   */
  double controlPath(ShapeRequest request, long durationNs) throws ToolException;

  /**
   * The observed gaps.
   *
   * @param durationNs length of the observation
   * @param gaps gaps of at least the threshold, in time order
   */
  record Pauses(long durationNs, List<Gap> gaps) {
    public Pauses {
      gaps = List.copyOf(gaps);
    }

    /** Returns the share of the time lost to gaps, 0 to 1. */
    double lostRatio() {
      return gaps.stream().mapToDouble(Gap::lengthNs).sum() / durationNs;
    }

    double longestSeconds() {
      return gaps.stream().mapToDouble(Gap::lengthNs).max().orElse(0) / 1e9;
    }
  }

  /**
   * One gap.
   *
   * @param atNs begin, relative to the start of the experiment
   */
  record Gap(long atNs, long lengthNs) {}
}
