package dev.sluice.tool.diagnose;

import dev.sluice.tool.ToolException;
import java.util.List;
import java.util.Map;

/**
 * Probes that need the inside of a daemon. The composition root implements them, so that commands
 * do not depend on it.
 */
public interface HostProbes {
  /**
   * How a daemon with these settings would lay out a session's buffers.
   *
   * @throws ToolException with the arithmetic, if it would refuse
   */
  Shape plan(ShapeRequest request, Map<String, String> settings) throws ToolException;

  /**
   * A thread like those of the lanes that only reads the clock: what keeps it from doing so would
   * keep a lane from its queues.
   *
   * @param thresholdNs gaps shorter than this are not worth a note
   */
  Pauses pauses(Map<String, String> settings, long durationNs, long thresholdNs)
      throws ToolException;

  /**
   * Buffers per second through drain, refill and collector on one thread, with nothing in them that
   * any thread reads; the time of the device that is played for it is not counted.
   */
  double controlPath(ShapeRequest request, long durationNs) throws ToolException;

  /**
   * The gaps that were seen.
   *
   * @param durationNs how long was looked
   * @param gaps at least as long as the threshold, in the order of time
   */
  record Pauses(long durationNs, List<Gap> gaps) {
    public Pauses {
      gaps = List.copyOf(gaps);
    }

    /** Share of the time that the gaps took, 0 to 1. */
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
   * @param atNs when it began, from the begin of the experiment
   */
  record Gap(long atNs, long lengthNs) {}
}
