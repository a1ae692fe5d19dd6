package dev.sluice.agent;

import dev.sluice.counters.CounterArray;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that steps agents in {@link AgentRounds} until it is closed.
 *
 * <p>Agents may be added and removed while it runs. {@link #remove} returns once the thread has
 * left the agents, so the caller may step them next. The thread is never interrupted: an interrupt
 * during a file write would close the channel.
 *
 * <p>{@link #cycles} and {@link #lastCycleNs} let other threads distinguish an idle runner from a
 * stuck one.
 */
public final class AgentRunner implements AutoCloseable {
  private static final long CONTROL_POLL_NANOS = 20_000;
  private static final long FAILED_IDLE_NANOS = 1_000_000;
  private static final int CYCLES = 0;
  private static final int LAST_CYCLE_NS = 1;

  private final Thread thread;
  private final IdleStrategy idle;
  private final NanoClock clock;
  private final AgentRounds rounds;
  private final Runnable onThreadStart;
  private final CounterArray counters = new CounterArray(2);

  private volatile boolean isRunning = true;
  private volatile boolean isAbandoned;

  /**
   * @param name of the thread
   * @param onThreadStart runs first on the new thread: pinning, priority
   */
  public AgentRunner(
      String name,
      IdleStrategy idle,
      NanoClock clock,
      AgentErrorHandler errors,
      Runnable onThreadStart) {
    this(name, idle, clock, errors, onThreadStart, Thread::new);
  }

  /**
   * @param threads makes the thread; its name is set here
   */
  public AgentRunner(
      String name,
      IdleStrategy idle,
      NanoClock clock,
      AgentErrorHandler errors,
      Runnable onThreadStart,
      ThreadFactory threads) {
    this.idle = idle;
    this.clock = clock;
    this.rounds = new AgentRounds(errors);
    this.onThreadStart = onThreadStart;
    this.thread = threads.newThread(this::run);
    thread.setName(name);
    thread.setDaemon(true);
    counters.set(LAST_CYCLE_NS, clock.nanoTime());
  }

  /** Starts the thread. Called once. */
  public void start() {
    thread.start();
  }

  public String name() {
    return thread.getName();
  }

  /** Adds an agent; it runs from the next cycle on. Any thread. */
  public void add(Agent agent) {
    add(List.of(agent));
  }

  /** Adds the agents of one session, to be stepped in this order. Any thread. */
  public void add(List<Agent> group) {
    rounds.add(group);
    LockSupport.unpark(thread);
  }

  /**
   * Removes agents and waits until the thread has left them. Must not be called by an agent. The
   * agents' writes are visible to the caller afterwards.
   */
  public void remove(List<Agent> agents) {
    remove(agents, Long.MAX_VALUE);
  }

  /**
   * Like {@link #remove(List)}, with a timeout.
   *
   * @return false if the thread is still in a cycle that may step them
   */
  public boolean remove(List<Agent> agents, long timeoutNanos) {
    rounds.remove(agents);
    long seen = cycles();
    long beganNs = System.nanoTime();
    // The current cycle may still hold the old list; the next one cannot.
    while (thread.isAlive() && cycles() < seen + 2) {
      if (isAbandoned || System.nanoTime() - beganNs > timeoutNanos) {
        return false;
      }
      LockSupport.unpark(thread);
      LockSupport.parkNanos(CONTROL_POLL_NANOS);
    }
    return true;
  }

  /** Like {@link #remove(List)}, for one agent. */
  public void remove(Agent agent) {
    remove(List.of(agent));
  }

  /** Returns the agents of this runner, including given-up ones. Any thread. */
  public Agent[] agents() {
    return rounds.agents();
  }

  /** Whether this agent failed too often to be stepped again. Any thread. */
  public boolean hasGivenUp(Agent agent) {
    return rounds.hasGivenUp(agent);
  }

  /** Returns the number of finished cycles. Any thread. */
  public long cycles() {
    return counters.get(CYCLES);
  }

  /** Returns when the last cycle ended, by the runner's clock. Any thread. */
  public long lastCycleNs() {
    return counters.get(LAST_CYCLE_NS);
  }

  /** Returns the number of exceptions that agents threw. Any thread. */
  public long failures() {
    return rounds.failures();
  }

  /** Stops after the current cycle and waits for the thread. Idempotent. */
  @Override
  public void close() {
    close(Long.MAX_VALUE);
  }

  /**
   * Like {@link #close()}, with a timeout.
   *
   * @return false if the thread is still in its cycle
   */
  public boolean close(long timeoutNanos) {
    isRunning = false;
    boolean interrupted = false;
    long beganNs = System.nanoTime();
    while (thread.isAlive() && !isAbandoned && System.nanoTime() - beganNs <= timeoutNanos) {
      LockSupport.unpark(thread);
      try {
        thread.join(10);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  /**
   * Abandons a thread that hangs in an agent. If it ever returns, it steps no other agent and ends.
   * Never waits. Any thread.
   */
  public void abandon() {
    rounds.abandon();
    isAbandoned = true;
    isRunning = false;
  }

  /** Whether the thread exists, including one that hangs in an agent. Any thread. */
  public boolean isAlive() {
    return thread.isAlive();
  }

  private void run() {
    onThreadStart.run();
    while (isRunning) {
      int workCount = rounds.step();
      counters.set(LAST_CYCLE_NS, clock.nanoTime());
      counters.increment(CYCLES);
      try {
        idle.idle(workCount);
      } catch (Throwable ignored) {
        // A failing sleep bound must not end a thread that serves other sessions.
        LockSupport.parkNanos(FAILED_IDLE_NANOS);
      }
    }
  }
}
