package dev.sluice.tool.measure;

import dev.sluice.tool.ToolException;

/**
 * Finds the highest value (a rate, a burst's length) at which runs are clean.
 *
 * <p>Starts somewhere, doubles or halves until one value is clean and a higher one is not, and then
 * halves the ratio between them until it is small enough. A value counts by the majority of its
 * tries, because one pause of a shared machine would otherwise end the search far below. Where the
 * search starts decides how long it takes, not what it finds. Assumes that a lower value is not
 * worse.
 *
 * @param resolution ratio of two neighbouring values at the end, above 1
 * @param tries odd
 * @param mostDisturbed how many runs of a value may be repeated because the device was disturbed
 */
public record EdgeSearch(double resolution, int tries, int mostDisturbed, Trial trial) {
  private static final double STRIDE = 2;
  private static final int MOST_STRIDES = 12;

  /** One run. */
  public interface Trial {
    Outcome run(double value) throws ToolException;
  }

  /** What a run showed. */
  public enum Outcome {
    CLEAN,
    LOSSY,
    /**
     * Clean, but the simulated device was kept from its processor and wrote less than it was asked
     * for; a real one has a processor of its own.
     */
    DISTURBED
  }

  /**
   * The edge.
   *
   * @param value the highest clean one; 0 if none was
   * @param dirty the lowest that was not; infinite if all were clean
   */
  public record Edge(double value, double dirty) {
    /** Whether the search ended below the edge, because the device could do no more. */
    public boolean isAtLeast() {
      return Double.isInfinite(dirty);
    }
  }

  /**
   * @param start where to begin
   * @param most the highest value that can be tried; if it is clean, it is the answer
   */
  public Edge search(double start, double most) throws ToolException {
    double value = Math.min(start, most);
    double clean = 0;
    double dirty = Double.POSITIVE_INFINITY;
    for (int stride = 0; stride < MOST_STRIDES; stride++) {
      if (isClean(value)) {
        clean = value;
        if (value >= most || Double.isFinite(dirty)) {
          break;
        }
        value = Math.min(value * STRIDE, most);
      } else {
        dirty = value;
        if (clean > 0) {
          break;
        }
        value /= STRIDE;
      }
    }
    while (clean > 0 && Double.isFinite(dirty) && dirty / clean > resolution) {
      double middle = Math.sqrt(clean * dirty);
      if (isClean(middle)) {
        clean = middle;
      } else {
        dirty = middle;
      }
    }
    return new Edge(clean, dirty);
  }

  private boolean isClean(double value) throws ToolException {
    int clean = 0;
    int dirty = 0;
    int disturbed = 0;
    while (clean * 2 <= tries && dirty * 2 <= tries) {
      Outcome outcome = trial.run(value);
      if (outcome == Outcome.LOSSY) {
        dirty++;
      } else if (outcome == Outcome.DISTURBED && disturbed < mostDisturbed) {
        // No evidence for the host. But not without end: the device can have met its own limit.
        disturbed++;
      } else {
        clean++;
      }
    }
    return clean > dirty;
  }
}
