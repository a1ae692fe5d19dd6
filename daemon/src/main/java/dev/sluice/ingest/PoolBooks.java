package dev.sluice.ingest;

import dev.sluice.counters.CounterArray;

/**
 * One collector's counts for one place of a run, by pool: single-writer counters, read for the
 * accounting law. They continue when the next run takes the place.
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

  /** Returns the records taken from published buffers. */
  public CounterArray collected() {
    return collected;
  }

  /** Returns the records salvaged from buffers of a stopped producer. */
  public CounterArray salvaged() {
    return salvaged;
  }

  /** Returns the AICore dispatches without a record between accepted ones. */
  public CounterArray tokenGaps() {
    return tokenGaps;
  }

  /**
   * Returns the AICore slots of published buffers that are below the count and hold no record of
   * this loan.
   */
  public CounterArray unwrittenSlots() {
    return unwrittenSlots;
  }

  /**
   * Returns the same for salvaged buffers, over all their slots, since they have no valid count.
   */
  public CounterArray unwrittenSalvaged() {
    return unwrittenSalvaged;
  }

  /** Returns the buffers that are missing according to the sequence numbers. */
  public CounterArray missingBuffers() {
    return missingBuffers;
  }
}
