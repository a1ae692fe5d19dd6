package dev.sluice.agent;

/**
 * How long a thread may sleep. Asked by that thread, before it sleeps; never allocates or waits.
 */
@FunctionalInterface
public interface SleepBounds {
  /** How long the device can continue without the host, in nanoseconds. */
  long slackNanos();
}
