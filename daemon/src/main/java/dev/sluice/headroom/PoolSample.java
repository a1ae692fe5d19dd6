package dev.sluice.headroom;

/**
 * What is known of one pool at one moment; refilled for each. Counters count since the run began,
 * extremes are of about the time since the sample before.
 */
public final class PoolSample {
  /** Nothing was measured. */
  public static final long NONE = -1;

  /** Records that the device set out to write, dropped ones included. */
  public long producedRecords;

  /** Of those, dropped while every buffer of the pool was with collectors. */
  public long exhaustedRecords;

  /** Likewise, dropped because the host was late. */
  public long lateRecords;

  /** Shortest time in which the device filled as many buffers as there are usable slots, in ns. */
  public long shortestLapNanos;

  /** Longest time from "full buffer published" to "the host would replace it", in ns. */
  public long worstLatencyNanos;

  /** Fewest entries that refill found in the free queue. */
  public long fewestEntries;

  /** Fewest buffers that were spare or in the free queue. */
  public long fewestAtHand;
}
