package dev.sluice.agent;

/**
 * A bounded piece of work that is repeated.
 *
 * <p>An agent owns no thread and never sleeps, blocks or logs in {@link #doWork}. It is called by
 * one thread at a time; a change of thread is ordered by a join or an equivalent.
 */
public interface Agent {
  /**
   * Does some work and returns the amount: entries or buffers moved. A poll that finds nothing
   * counts as 0, so that the thread can idle.
   */
  int doWork();

  /** Returns the name of this agent for threads, metrics and logs, e.g. {@code drain}. */
  String roleName();
}
