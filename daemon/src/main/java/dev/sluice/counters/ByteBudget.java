package dev.sluice.counters;

/**
 * How many bytes may pass by now at a given rate. Whoever asks with credit left may pass whole, and
 * the next one waits for the debt. Unused credit is kept for a millisecond only, so that a pause is
 * not followed by a burst. One thread.
 */
public final class ByteBudget {
  private static final double KEPT_NANOS = 1e6;

  private final double bytesPerNano;
  private double credit;
  private long lastNs;

  /**
   * @param bytesPerSecond more than 0
   */
  public ByteBudget(long bytesPerSecond, long nowNs) {
    this.bytesPerNano = bytesPerSecond / 1e9;
    this.lastNs = nowNs;
  }

  /** Whether somebody may pass now. */
  public boolean isOpen(long nowNs) {
    credit = Math.min(credit + (nowNs - lastNs) * bytesPerNano, KEPT_NANOS * bytesPerNano);
    lastNs = nowNs;
    return credit > 0;
  }

  /** So many bytes have passed. */
  public void spend(long bytes) {
    credit -= bytes;
  }

  /** How long until {@link #isOpen} is true again, as of its last call; 0 if it was. */
  public long waitNanos() {
    return credit > 0 ? 0 : (long) (-credit / bytesPerNano) + 1;
  }
}
