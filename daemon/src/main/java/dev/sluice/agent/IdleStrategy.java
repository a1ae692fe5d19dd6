package dev.sluice.agent;

/**
 * How a runner's thread waits between two rounds of work. Used by that thread only.
 *
 * <p>Do not call {@link #idle} inside a counted loop: a parked or spinning thread must reach a
 * safepoint, and the compiler may remove the poll from a counted loop.
 */
@FunctionalInterface
public interface IdleStrategy {
  /**
   * Waits, or returns at once.
   *
   * @param workCount result of the last round; above 0 the thread continues at once
   */
  void idle(int workCount);
}
