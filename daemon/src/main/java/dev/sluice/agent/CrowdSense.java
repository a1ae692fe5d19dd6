package dev.sluice.agent;

/**
 * Whether others want the CPU of this thread, as told by its own delays.
 *
 * <p>A thread that spins uses its share of a CPU up, and then waits for the end of somebody else's
 * time slice, milliseconds, in the middle of its work. One that sleeps in between and is {@link
 * Urgency urgent} is let in at once, but does not see any more whether anybody else is there. So a
 * delay is believed for a while and then put to the test, which costs one more delay if the others
 * are still there: each time they are, the next while is twice as long. Used by one thread.
 */
final class CrowdSense {
  /** A thread that was not let on for so long was not alone. */
  static final long LATE_NANOS = 200_000;

  static final long SHORTEST_NANOS = 1_000_000_000L;
  static final long LONGEST_NANOS = 16_000_000_000L;

  private final Urgency urgency;
  private boolean isCrowded;
  private boolean wasCrowded;
  private long untilNs;
  private long believedNanos;

  CrowdSense(Urgency urgency) {
    this.urgency = urgency;
  }

  /** A delay that others must have caused. */
  void late(long nowNs) {
    if (!isCrowded) {
      boolean isOldCrowd = wasCrowded && nowNs - untilNs < believedNanos;
      believedNanos = isOldCrowd ? Math.min(2 * believedNanos, LONGEST_NANOS) : SHORTEST_NANOS;
      isCrowded = true;
      wasCrowded = true;
      urgency.urgent();
    }
    untilNs = nowNs + believedNanos;
  }

  /**
   * This thread has so much to do that it never sleeps. Urgent, it would starve the others, until
   * the kernel takes it off its CPU for far longer than their time slices.
   */
  void busy(long nowNs) {
    if (isCrowded) {
      isCrowded = false;
      untilNs = nowNs;
      urgency.usual();
    }
  }

  /** Whether to expect others now. */
  boolean isCrowded(long nowNs) {
    if (isCrowded && nowNs - untilNs >= 0) {
      isCrowded = false;
      urgency.usual();
    }
    return isCrowded;
  }
}
