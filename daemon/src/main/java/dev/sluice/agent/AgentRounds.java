package dev.sluice.agent;

import dev.sluice.counters.CounterArray;
import java.util.Arrays;
import java.util.List;

/**
 * The agents of one thread, in groups: one for each session that the thread serves. A round steps
 * every agent once, in the order of its group, and each does a bounded amount; so no session waits
 * for more than one bounded turn of each of the others, however much they have to do. The group
 * that is first changes from round to round: what comes last, after all others' work and before the
 * thread may sleep, is every agent's turn.
 *
 * <p>An agent that throws is reported and tried again; after {@value #MAX_CONSECUTIVE_FAILURES}
 * failures in a row it is given up, so that a broken session costs no more than itself.
 *
 * <p>{@link #step} belongs to the thread that runs the agents; any other may do the rest.
 */
public final class AgentRounds {
  private static final int MAX_CONSECUTIVE_FAILURES = 10;
  private static final int FAILURES = 0;

  private final AgentErrorHandler errors;
  private final CounterArray counters = new CounterArray(1);
  private volatile Slot[][] groups = {};
  private volatile boolean isAbandoned;
  private int first;

  /** One agent and how often it failed in a row; the count belongs to the stepping thread. */
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

  /** Takes agents away; the round under way may still step them, the one after it does not. */
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

  /** One round; returns the work done. */
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
      // Errors, too: the agents of other sessions are on this thread.
      failed(slot, e);
      return 0; // no work, so that a failing agent rests like an idle one
    }
  }

  private void failed(Slot slot, Throwable error) {
    counters.increment(FAILURES);
    slot.consecutiveFailures++;
    slot.isGivenUp = slot.consecutiveFailures >= MAX_CONSECUTIVE_FAILURES;
    try {
      errors.onError(slot.agent, error, slot.isGivenUp);
    } catch (Throwable ignored) {
      // A report that fails must not end the thread either; the failure is counted.
    }
  }

  /** No agent is stepped any more, not even those that the round under way has not reached. */
  public void abandon() {
    isAbandoned = true;
  }

  /** All agents, given-up ones included. */
  public Agent[] agents() {
    return Arrays.stream(groups)
        .flatMap(Arrays::stream)
        .map(slot -> slot.agent)
        .toArray(Agent[]::new);
  }

  /** Whether this agent failed so often that it is not stepped any more. */
  public boolean hasGivenUp(Agent agent) {
    return Arrays.stream(groups)
        .flatMap(Arrays::stream)
        .anyMatch(slot -> slot.agent == agent && slot.isGivenUp);
  }

  /** Exceptions that agents threw. */
  public long failures() {
    return counters.get(FAILURES);
  }
}
