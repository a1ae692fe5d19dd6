package dev.sluice.agent;

import dev.sluice.counters.CounterArray;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that steps agents in turn until it is closed.
 *
 * <p>Agents may be added and removed while it runs. {@link #remove} returns when the thread has
 * left the agent for good, so the caller may step it next. An agent that throws is reported and
 * tried again; after {@value #MAX_CONSECUTIVE_FAILURES} failures in a row it is given up, so that a
 * broken session costs no more than itself. The thread is never interrupted: an interrupt during a
 * file write would close the channel.
 *
 * <p>{@link #cycles} and {@link #lastCycleNs} let another thread tell a runner that waits from one
 * that is stuck.
 */
public final class AgentRunner implements AutoCloseable {
  private static final int MAX_CONSECUTIVE_FAILURES = 10;
  private static final long CONTROL_POLL_NANOS = 20_000;
  private static final int CYCLES = 0;
  private static final int LAST_CYCLE_NS = 1;
  private static final int FAILURES = 2;

  private final Thread thread;
  private final IdleStrategy idle;
  private final NanoClock clock;
  private final AgentErrorHandler errors;
  private final Runnable onThreadStart;
  private final CounterArray counters = new CounterArray(3);

  private volatile Slot[] slots = {};
  private volatile boolean isRunning = true;

  /** One agent and how often it failed in a row; the count belongs to the runner's thread. */
  private static final class Slot {
    private final Agent agent;
    private int consecutiveFailures;
    private volatile boolean isGivenUp;

    Slot(Agent agent) {
      this.agent = agent;
    }
  }

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
    this.idle = idle;
    this.clock = clock;
    this.errors = errors;
    this.onThreadStart = onThreadStart;
    this.thread = new Thread(this::run, name);
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
  public synchronized void add(Agent agent) {
    Slot[] grown = Arrays.copyOf(slots, slots.length + 1);
    grown[slots.length] = new Slot(agent);
    slots = grown;
    LockSupport.unpark(thread);
  }

  /**
   * Takes an agent away and waits until the thread is done with it. Must not be called by an agent.
   * What the agent wrote is visible to the caller afterwards.
   */
  public synchronized void remove(Agent agent) {
    slots = Arrays.stream(slots).filter(slot -> slot.agent != agent).toArray(Slot[]::new);
    long seen = cycles();
    // The cycle under way may still hold the old array; the one after it cannot.
    while (thread.isAlive() && cycles() < seen + 2) {
      LockSupport.unpark(thread);
      LockSupport.parkNanos(CONTROL_POLL_NANOS);
    }
  }

  /** The agents of this runner, given-up ones included. Any thread. */
  public Agent[] agents() {
    return Arrays.stream(slots).map(slot -> slot.agent).toArray(Agent[]::new);
  }

  /** Whether this agent failed so often that it is not stepped any more. Any thread. */
  public boolean hasGivenUp(Agent agent) {
    return Arrays.stream(slots).anyMatch(slot -> slot.agent == agent && slot.isGivenUp);
  }

  /** Finished cycles. Any thread. */
  public long cycles() {
    return counters.get(CYCLES);
  }

  /** When the last cycle ended, by the runner's clock. Any thread. */
  public long lastCycleNs() {
    return counters.get(LAST_CYCLE_NS);
  }

  /** Exceptions that agents threw. Any thread. */
  public long failures() {
    return counters.get(FAILURES);
  }

  /** Stops after the cycle under way and waits for the thread. Idempotent. */
  @Override
  public void close() {
    isRunning = false;
    boolean interrupted = false;
    while (thread.isAlive()) {
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
  }

  private void run() {
    onThreadStart.run();
    while (isRunning) {
      int workCount = 0;
      for (Slot slot : slots) {
        workCount += step(slot);
      }
      counters.set(LAST_CYCLE_NS, clock.nanoTime());
      counters.increment(CYCLES);
      idle.idle(workCount);
    }
  }

  private int step(Slot slot) {
    if (slot.isGivenUp) {
      return 0;
    }
    try {
      int workCount = slot.agent.doWork();
      slot.consecutiveFailures = 0;
      return workCount;
    } catch (RuntimeException | AssertionError e) {
      counters.increment(FAILURES);
      slot.consecutiveFailures++;
      slot.isGivenUp = slot.consecutiveFailures >= MAX_CONSECUTIVE_FAILURES;
      // Counts as no work, so that a failing agent rests like an idle one.
      errors.onError(slot.agent, e, slot.isGivenUp);
      return 0;
    }
  }
}
