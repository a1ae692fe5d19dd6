package dev.sluice.ingest;

/**
 * The host's knowledge of one pool at one moment, for {@link DropAttribution}; refilled for each.
 */
public final class DropEvidence {
  /** The device's dropped count, extended to 64 bits. Read after all others. */
  public long dropped;

  /** Part of it that refill observed while it had spare buffers. */
  public long whileSpareAtHand;

  /** ... while the pool's buffers lay in ready queues. */
  public long whileNotDrained;

  /** ... while they were with collectors. */
  public long whileNotReturned;

  /** The free queue is empty now. */
  public boolean isEmpty;

  /** Refill knows that it is empty and the buffers are in ready queues. */
  public boolean isNotDrained;

  /** Refill knows that it is empty and the buffers are with collectors. */
  public boolean isNotReturned;
}
