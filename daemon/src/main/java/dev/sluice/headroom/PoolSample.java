package dev.sluice.headroom;

/**
 * Measurements of one pool at one moment; refilled for each. Counters count from the start of the
 * run; extremes cover roughly the time since the previous sample.
 */
public final class PoolSample {
  /** Nothing was measured. */
  public static final long NONE = -1;

  /** Records that the device set out to write, including dropped ones. */
  public long producedRecords;

  /** Part of them dropped while every buffer of the pool was with collectors. */
  public long exhaustedRecords;

  /** Part of them dropped because the host was late. */
  public long lateRecords;

  /** Shortest time in which the device filled as many buffers as there are usable slots, in ns. */
  public long shortestLapNanos;

  /** Longest time from a full buffer published until the host could replace it, in ns. */
  public long worstLatencyNanos;

  /** Fewest entries that refill found in the free queue. */
  public long fewestEntries;

  /** Fewest buffers that were spare or in the free queue. */
  public long fewestAtHand;
}
