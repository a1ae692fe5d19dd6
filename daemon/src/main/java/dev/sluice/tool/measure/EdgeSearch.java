package dev.sluice.tool.measure;

import dev.sluice.tool.ToolException;

/**
 * Finds the highest value (a rate, a burst's length) at which runs are clean.
 *
 * <p>Doubles or halves the start value until one value is clean and a higher one is not, then
 * halves the ratio between them until it is small enough. The majority of the tries decides on a
 * value, because otherwise one pause of a shared machine would end the search far too low. The
 * start value affects the search's duration, not its result. Assumes that a lower value is never
 * worse.
 *
 * @param resolution final ratio of neighbouring values, above 1
 * @param tries odd
 * @param mostDisturbed limit of repeats of a value because of disturbed runs
 */
public record EdgeSearch(double resolution, int tries, int mostDisturbed, Trial trial) {
  private static final double STRIDE = 2;
  private static final int MOST_STRIDES = 12;

  /** Runs one try. */
  public interface Trial {
    Outcome run(double value) throws ToolException;
  }

  /** Outcome of a run. */
  public enum Outcome {
    CLEAN,
    LOSSY,
    /**
     * Clean, but the simulated device lost its CPU and wrote less than requested; a real device has
     * a CPU of its own.
     */
    DISTURBED
  }

  /**
   * The edge.
   *
   * @param value the highest clean value; 0 if none was clean
   * @param dirty the lowest value that was not clean; infinite if all were
   */
  public record Edge(double value, double dirty) {
    /** Returns whether the edge lies above the range that the device could reach. */
    public boolean isAtLeast() {
      return Double.isInfinite(dirty);
    }
  }

  /**
   * @param start first value
   * @param most highest value to try; if it is clean, it is the result
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
        // Not the host's fault, so repeat, but not forever: the device may be at its own limit.
        disturbed++;
      } else {
        clean++;
      }
    }
    return clean > dirty;
  }
}
