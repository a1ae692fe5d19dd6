package dev.sluice.tool.diagnose;

/**
 * The time budget of a diagnosis.
 *
 * @param runNs length of a run that measures latency or searches the edge
 * @param giveBackNs length of the short run of the give-back experiment
 * @param bursts per run of the burst search
 * @param tries runs per value; the majority decides
 * @param mostDisturbed limit of repeats of a value because of disturbed runs
 * @param resolution of the edge: ratio of the lowest lossy to the highest clean value
 * @param pausesNs length of the pause test
 * @param mappingNs time per repeat and block size of the mapping test
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
  /** A run is not clean if the device waits longer than this share of its time. */
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
