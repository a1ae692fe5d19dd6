package dev.sluice.agent;

/**
 * Limits how long a thread may sleep. Called by that thread before it sleeps; never allocates or
 * waits.
 */
@FunctionalInterface
public interface SleepBounds {
  /** Returns how long the device can run without the host, in nanoseconds. */
  long slackNanos();
}
