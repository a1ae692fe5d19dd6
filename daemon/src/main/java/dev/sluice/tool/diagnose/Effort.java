package dev.sluice.tool.diagnose;

/**
 * How much time a diagnosis takes.
 *
 * @param runNs length of a run in which latency is measured or the edge is searched
 * @param giveBackNs length of the short run of the give-back experiment
 * @param bursts per run of the burst search
 * @param tries a value counts by the majority of so many runs
 * @param mostDisturbed runs of one value that may be repeated because the device was disturbed
 * @param resolution of the edge: ratio of the lowest lossy to the highest clean value
 * @param pausesNs how long a thread looks at the clock
 * @param mappingNs for each repeat of each block size
 */
record Effort(
    boolean isQuick,
    long runNs,
    int latencyRepeats,
    long giveBackNs,
    int giveBackRepeats,
    int bursts,
    int tries,
    int mostDisturbed,
    double resolution,
    long pausesNs,
    long mappingNs,
    int mappingRepeats) {
  /** A device that waits for longer than this share of its time is not served cleanly. */
  static final double MOST_STALLED = 0.01;

  static Effort quick() {
    return new Effort(
        true, 300_000_000L, 3, 150_000_000L, 3, 3, 1, 1, 1.12, 1_000_000_000L, 20_000_000L, 2);
  }

  static Effort full() {
    return new Effort(
        false, 600_000_000L, 5, 300_000_000L, 3, 4, 3, 3, 1.06, 3_000_000_000L, 60_000_000L, 3);
  }
}
