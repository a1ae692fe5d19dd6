package dev.sluice.agent;

/**
 * How long a thread may sleep, and how long it should, for the sake of those whom it serves and of
 * those who need its CPU. Asked by that thread, before it sleeps; never allocates or waits.
 */
@FunctionalInterface
public interface SleepBounds {
  /** How long the device can do without the host, in nanoseconds. */
  long slackNanos();

  /**
   * For how long another thread has work that waits for a CPU, in nanoseconds; 0 if for none. A
   * strategy that naps leaves its CPU for so long.
   */
  default long backlogNanos() {
    return 0;
  }
}
