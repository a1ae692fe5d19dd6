package dev.sluice.session.run;

import dev.sluice.agent.Agent;
import dev.sluice.bridge.ArenaLocks;

/**
 * First agent of a thread: takes the thread's lock before any agent writes to the arena, then
 * advances its heartbeat in every cycle. The crew releases the lock after the thread has left the
 * agents.
 */
final class LockingAgent implements Agent {
  private final Agent agent;
  private final ArenaLocks locks;
  private final int lock;
  private boolean isTaken;
  private long beats;

  LockingAgent(Agent agent, ArenaLocks locks, int lock) {
    this.agent = agent;
    this.locks = locks;
    this.lock = lock;
  }

  @Override
  public String roleName() {
    return agent.roleName();
  }

  @Override
  public int doWork() {
    if (!isTaken) {
      locks.take(lock);
      isTaken = true;
    }
    locks.beat(lock, ++beats);
    return agent.doWork();
  }
}
