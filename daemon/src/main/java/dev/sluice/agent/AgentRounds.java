package dev.sluice.agent;

import dev.sluice.counters.CounterArray;
import java.util.Arrays;
import java.util.List;

/**
 * The agents of one thread, grouped by session. A round steps every agent once, in the order of its
 * group, and each does a bounded amount of work; so a session waits for at most one bounded turn of
 * every other, however busy they are. The first group rotates from round to round, so that every
 * group gets its turn at the end, after all other work and before the thread may sleep.
 *
 * <p>An agent that throws is reported and retried; after {@value #MAX_CONSECUTIVE_FAILURES}
 * failures in a row it is given up, so that a broken session affects only itself.
 *
 * <p>{@link #step} belongs to the thread that runs the agents; all other methods are for any
 * thread.
 */
public final class AgentRounds {
  private static final int MAX_CONSECUTIVE_FAILURES = 10;
  private static final int FAILURES = 0;

  private final AgentErrorHandler errors;
  private final CounterArray counters = new CounterArray(1);
  private volatile Slot[][] groups = {};
  private volatile boolean isAbandoned;
  private int first;

  /** One agent and its failures in a row; the count belongs to the stepping thread. */
  private static final class Slot {
    private final Agent agent;
    private int consecutiveFailures;
    private volatile boolean isGivenUp;

    Slot(Agent agent) {
      this.agent = agent;
    }
  }

  public AgentRounds(AgentErrorHandler errors) {
    this.errors = errors;
  }

  /** Adds a group; it runs from the next round on. */
  public synchronized void add(List<Agent> group) {
    Slot[][] grown = Arrays.copyOf(groups, groups.length + 1);
    grown[groups.length] = group.stream().map(Slot::new).toArray(Slot[]::new);
    groups = grown;
  }

  /** Removes agents; the current round may still step them, the next one does not. */
  public synchronized void remove(List<Agent> gone) {
    groups =
        Arrays.stream(groups)
            .map(
                group ->
                    Arrays.stream(group)
                        .filter(slot -> !gone.contains(slot.agent))
                        .toArray(Slot[]::new))
            .filter(group -> group.length > 0)
            .toArray(Slot[][]::new);
  }

  /** Runs one round; returns the work done. */
  public int step() {
    Slot[][] all = groups;
    if (all.length == 0) {
      return 0;
    }
    first = first + 1 < all.length ? first + 1 : 0;
    int work = 0;
    for (int i = 0; i < all.length; i++) {
      int at = first + i;
      for (Slot slot : all[at < all.length ? at : at - all.length]) {
        work += step(slot);
      }
    }
    return work;
  }

  private int step(Slot slot) {
    if (slot.isGivenUp || isAbandoned) {
      return 0;
    }
    try {
      int workCount = slot.agent.doWork();
      slot.consecutiveFailures = 0;
      return workCount;
    } catch (Throwable e) {
      // Includes errors: agents of other sessions run on this thread.
      failed(slot, e);
      return 0; // no work, so that a failing agent idles like one without work
    }
  }

  private void failed(Slot slot, Throwable error) {
    counters.increment(FAILURES);
    slot.consecutiveFailures++;
    slot.isGivenUp = slot.consecutiveFailures >= MAX_CONSECUTIVE_FAILURES;
    try {
      errors.onError(slot.agent, error, slot.isGivenUp);
    } catch (Throwable ignored) {
      // A failing report must not end the thread; the failure is counted.
    }
  }

  /** Stops stepping agents, including those that the current round has not reached. */
  public void abandon() {
    isAbandoned = true;
  }

  /** Returns all agents, including given-up ones. */
  public Agent[] agents() {
    return Arrays.stream(groups)
        .flatMap(Arrays::stream)
        .map(slot -> slot.agent)
        .toArray(Agent[]::new);
  }

  /** Whether this agent failed too often to be stepped again. */
  public boolean hasGivenUp(Agent agent) {
    return Arrays.stream(groups)
        .flatMap(Arrays::stream)
        .anyMatch(slot -> slot.agent == agent && slot.isGivenUp);
  }

  /** Returns the number of exceptions that agents threw. */
  public long failures() {
    return counters.get(FAILURES);
  }
}
