package dev.sluice.session;

/**
 * How long the session stage waits for what may never come, in nanoseconds.
 *
 * @param hungNanos after which a call to a device, or a thread, is taken for one that hangs: longer
 *     than any call of a device that is well, and shorter than the patience of people
 * @param diskNanos for a disk, at the end of a run and once more at the end of a capture
 * @param stopNanos for all sessions together when the daemon stops: less than the stop as a whole
 *     has
 */
public record Patience(long hungNanos, long diskNanos, long stopNanos) {
  public static final Patience DEFAULT =
      new Patience(10_000_000_000L, 10_000_000_000L, 20_000_000_000L);

  /** At the stop, what waits for the disk twice must fit into what all sessions have. */
  long diskNanos(boolean isStopping) {
    return isStopping ? Math.min(diskNanos, stopNanos * 2 / 5) : diskNanos;
  }
}
