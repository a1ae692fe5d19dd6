package dev.sluice.agent;

/**
 * How a runner's thread waits between two rounds of work. Used by that one thread.
 *
 * <p>Do not call {@link #idle} inside a counted loop: a parked or spinning thread must reach a
 * safepoint, and the compiler may remove the poll from a counted loop.
 */
public interface IdleStrategy {
  /**
   * Waits, or not.
   *
   * @param workCount what the last round did; above 0 the thread goes on at once
   */
  void idle(int workCount);

  /**
   * How long the last {@link #idle} meant to sleep, in nanoseconds; 0 if it did not sleep. An agent
   * that measures its own pauses takes this off: sleeping on purpose is not a pause, oversleeping is.
   */
  long lastParkNanos();
}
