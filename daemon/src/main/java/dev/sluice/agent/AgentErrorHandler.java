package dev.sluice.agent;

/** Receives what agents throw. Implementations must not throw. */
@FunctionalInterface
public interface AgentErrorHandler {
  /**
   * Called on the runner's thread.
   *
   * @param isStopped whether the runner has given this agent up after repeated failures
   */
  void onError(Agent agent, Throwable error, boolean isStopped);
}
