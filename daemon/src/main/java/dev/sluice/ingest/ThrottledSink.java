package dev.sluice.ingest;

import dev.sluice.agent.NanoClock;
import dev.sluice.counters.ByteBudget;
import dev.sluice.handoff.Lease;

/**
 * Takes records no faster than at a given rate, as a collector does whose link, memory or consumer
 * is slow. For diagnosis only. One per collector, on its thread.
 */
public final class ThrottledSink implements LeaseSink {
  private final LeaseSink next;
  private final NanoClock clock;
  private final ByteBudget budget;
  private boolean isLifted;

  /**
   * @param bytesPerSecond more than 0
   */
  public ThrottledSink(LeaseSink next, long bytesPerSecond, NanoClock clock) {
    this.next = next;
    this.clock = clock;
    this.budget = new ByteBudget(bytesPerSecond, clock.nanoTime());
  }

  @Override
  public boolean accept(Lease lease, AcceptedRecords records) {
    if (!isLifted && !budget.isOpen(clock.nanoTime())) {
      return false;
    }
    if (!next.accept(lease, records)) {
      return false;
    }
    budget.spend((long) records.count() * lease.kind().recordBytes());
    return true;
  }

  @Override
  public boolean isReader() {
    return next.isReader();
  }

  /** The device has stopped: what is left is taken at once. The thread that settles the run. */
  public void lift() {
    isLifted = true;
  }
}
