package dev.sluice.agent;

/**
 * An agent that stands still at fixed times: in the first {@code pauseNanos} of every {@code
 * everyNanos} of the clock. All agents with the same numbers stand still together, as they do in a
 * pause of the JVM or when the scheduler takes their CPU.
 *
 * <p>For diagnosis only. Says that it worked while it paused, so that its thread spins on as one
 * that is merely late would, and does not park beyond the end of the pause.
 */
public final class PausedAgent implements Agent {
  private final Agent agent;
  private final long pauseNanos;
  private final long everyNanos;
  private final NanoClock clock;

  /**
   * @param everyNanos more than {@code pauseNanos}
   */
  public PausedAgent(Agent agent, long pauseNanos, long everyNanos, NanoClock clock) {
    this.agent = agent;
    this.pauseNanos = pauseNanos;
    this.everyNanos = everyNanos;
    this.clock = clock;
  }

  @Override
  public String roleName() {
    return agent.roleName();
  }

  @Override
  public int doWork() {
    return Math.floorMod(clock.nanoTime(), everyNanos) < pauseNanos ? 1 : agent.doWork();
  }
}
