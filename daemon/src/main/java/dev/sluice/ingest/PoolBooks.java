package dev.sluice.ingest;

import dev.sluice.counters.CounterArray;

/**
 * What one collector has counted, by pool: its single-writer counters, read by the accounting law.
 */
public final class PoolBooks {
  private final CounterArray collected;
  private final CounterArray salvaged;
  private final CounterArray tokenGaps;
  private final CounterArray missingBuffers;
  private final CounterArray foreign;

  PoolBooks(int pools) {
    collected = new CounterArray(pools);
    salvaged = new CounterArray(pools);
    tokenGaps = new CounterArray(pools);
    missingBuffers = new CounterArray(pools);
    foreign = new CounterArray(pools);
  }

  /** Records taken from published buffers. */
  public CounterArray collected() {
    return collected;
  }

  /** Records recovered from buffers of a producer that stopped. */
  public CounterArray salvaged() {
    return salvaged;
  }

  /** Records in buffers of another run, which are not taken. */
  public CounterArray foreign() {
    return foreign;
  }

  /** AICore dispatches between accepted records that have none. */
  public CounterArray tokenGaps() {
    return tokenGaps;
  }

  /** Buffers that the sequence numbers say should have come and did not. */
  public CounterArray missingBuffers() {
    return missingBuffers;
  }
}
