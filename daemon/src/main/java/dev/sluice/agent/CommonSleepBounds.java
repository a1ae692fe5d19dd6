package dev.sluice.agent;

import java.util.Arrays;

/**
 * Bounds of a thread that serves several lanes: the shortest slack. Read by that thread; any thread
 * may add and remove.
 */
public final class CommonSleepBounds implements SleepBounds {
  // Replaced as a whole, so readers need neither a lock nor an iterator.
  private volatile SleepBounds[] parts = {};

  public synchronized void add(SleepBounds part) {
    SleepBounds[] more = Arrays.copyOf(parts, parts.length + 1);
    more[parts.length] = part;
    parts = more;
  }

  /** Idempotent. */
  public synchronized void remove(SleepBounds gone) {
    parts = Arrays.stream(parts).filter(part -> part != gone).toArray(SleepBounds[]::new);
  }

  /** Returns the shortest slack; {@link Long#MAX_VALUE} if nothing is registered. */
  @Override
  public long slackNanos() {
    long slack = Long.MAX_VALUE;
    for (SleepBounds part : parts) {
      slack = Math.min(slack, part.slackNanos());
    }
    return slack;
  }
}
