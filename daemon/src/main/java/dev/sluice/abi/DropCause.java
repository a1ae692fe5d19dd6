package dev.sluice.abi;

import java.util.List;

/**
 * Why records were lost before a collector took them, inferred by the host: the device has one
 * counter and no reason (abi.md, Losses). The order is part of the capture format.
 */
public enum DropCause {
  /** A free queue was empty while spare buffers were available: the refill came too late. */
  HOST_LATE("host_late"),
  /** A free queue was empty with no spare buffer left: pool too small, or storage too slow. */
  POOL_EXHAUSTED("pool_exhausted"),
  /** A ready queue was full: the drain was behind. */
  READY_QUEUE_FULL("ready_queue_full"),
  /** AICore records that no device counter shows, found by the gaps in the dispatch tokens. */
  INFERRED("inferred"),
  /** Begun but not committed when the producer died. */
  PRODUCER_DIED("producer_died"),
  /** The counter moved, but the host saw none of the above. */
  UNKNOWN("unknown"),
  /** Recycled unread by the client's guard, while no daemon served the session. */
  GUARD_RECYCLED("guard_recycled");

  /** Cached, since {@code values()} allocates. */
  public static final List<DropCause> ALL = List.of(values());

  private final String label;

  DropCause(String label) {
    this.label = label;
  }

  /** Value of the metric label {@code cause}. */
  public String label() {
    return label;
  }
}
