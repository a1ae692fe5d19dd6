package dev.sluice.session;

/**
 * Timeouts of the session stage for operations that may never complete, in nanoseconds.
 *
 * @param hungNanos for a device call or a thread before it counts as hung: longer than any call of
 *     a healthy device, shorter than users will wait
 * @param diskNanos for a disk, at the end of a run and again at the end of a capture
 * @param stopNanos for all sessions together when the daemon stops; less than the timeout of the
 *     whole stop
 */
public record Patience(long hungNanos, long diskNanos, long stopNanos) {
  public static final Patience DEFAULT =
      new Patience(10_000_000_000L, 10_000_000_000L, 20_000_000_000L);

  /** Returns the disk timeout. During a stop, two disk waits must fit into {@link #stopNanos}. */
  long diskNanos(boolean isStopping) {
    return isStopping ? Math.min(diskNanos, stopNanos * 2 / 5) : diskNanos;
  }
}
