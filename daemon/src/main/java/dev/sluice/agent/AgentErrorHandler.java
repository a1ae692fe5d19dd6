package dev.sluice.agent;

/** Where a runner reports what an agent threw. Implementations must not throw. */
@FunctionalInterface
public interface AgentErrorHandler {
  /**
   * Called on the runner's thread.
   *
   * @param isStopped whether the runner has given this agent up after repeated failures
   */
  void onError(Agent agent, Throwable error, boolean isStopped);
}
