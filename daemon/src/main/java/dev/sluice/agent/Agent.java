package dev.sluice.agent;

/**
 * A bounded piece of work that is repeated.
 *
 * <p>An agent owns no thread and never sleeps, blocks or logs in {@link #doWork}. It is called by
 * one thread at a time; when another thread takes over, a join or an equivalent lies between.
 */
public interface Agent {
  /**
   * Does some work and returns how much: entries or buffers moved, 0 when there was nothing to do.
   * A look that found nothing is not work, or the thread would never rest.
   */
  int doWork();

  /** The noun of this agent, as in thread names, metrics and logs, e.g. {@code drain}. */
  String roleName();
}
