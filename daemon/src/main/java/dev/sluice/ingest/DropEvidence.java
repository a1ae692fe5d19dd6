package dev.sluice.ingest;

/** What is known of one pool at one moment for {@link DropAttribution}; refilled for each. */
public final class DropEvidence {
  /** What the device says it dropped, extended. Read after all others. */
  public long dropped;

  /** Of that, what refill saw being dropped while it had spare buffers. */
  public long whileSpareAtHand;

  /** ... while the pool's buffers lay in ready queues. */
  public long whileNotDrained;

  /** ... while they were with collectors. */
  public long whileNotReturned;

  /** The free queue is empty at this moment. */
  public boolean isEmpty;

  /** Refill knows that it is, and that the buffers are in ready queues. */
  public boolean isNotDrained;

  /** Refill knows that it is, and that the buffers are with collectors. */
  public boolean isNotReturned;
}
