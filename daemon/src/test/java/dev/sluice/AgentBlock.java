package dev.sluice;

import dev.sluice.agent.Agent;
import java.util.concurrent.CountDownLatch;

/** An agent that blocks in its duty cycle, like one stuck in a system call. */
final class AgentBlock implements Agent {
  private final CountDownLatch released = new CountDownLatch(1);
  private final String roleName;

  /**
   * @param roleName role of the agent whose thread it blocks
   */
  AgentBlock(String roleName) {
    this.roleName = roleName;
  }

  @Override
  public String roleName() {
    return roleName;
  }

  @Override
  public int doWork() {
    boolean isInterrupted = false;
    while (released.getCount() > 0) {
      try {
        released.await();
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  void release() {
    released.countDown();
  }
}
