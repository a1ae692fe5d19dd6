package dev.sluice.ingest;

import dev.sluice.counters.CounterArray;

/**
 * What one collector has counted of one run, by pool: its single-writer counters, read by the
 * accounting law. They go on when the next run takes the place.
 */
public final class PoolBooks {
  private final CounterArray collected;
  private final CounterArray salvaged;
  private final CounterArray tokenGaps;
  private final CounterArray unwrittenSlots;
  private final CounterArray unwrittenSalvaged;
  private final CounterArray missingBuffers;

  PoolBooks(int pools) {
    collected = new CounterArray(pools);
    salvaged = new CounterArray(pools);
    tokenGaps = new CounterArray(pools);
    unwrittenSlots = new CounterArray(pools);
    unwrittenSalvaged = new CounterArray(pools);
    missingBuffers = new CounterArray(pools);
  }

  /** Records taken from published buffers. */
  public CounterArray collected() {
    return collected;
  }

  /** Records recovered from buffers of a producer that stopped. */
  public CounterArray salvaged() {
    return salvaged;
  }

  /** AICore dispatches between accepted records that have none. */
  public CounterArray tokenGaps() {
    return tokenGaps;
  }

  /** AICore slots below the mark of a published buffer that hold no record of its present life. */
  public CounterArray unwrittenSlots() {
    return unwrittenSlots;
  }

  /** The same of buffers that were salvaged, which have no mark: their whole array. */
  public CounterArray unwrittenSalvaged() {
    return unwrittenSalvaged;
  }

  /** Buffers that the sequence numbers say should have come and did not. */
  public CounterArray missingBuffers() {
    return missingBuffers;
  }
}
