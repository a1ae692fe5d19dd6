package dev.sluice.agent;

import java.util.Arrays;

/**
 * The bounds of a thread that serves several: the shortest slack. Its thread asks; any thread adds
 * and removes.
 */
public final class CommonSleepBounds implements SleepBounds {
  // Replaced as a whole, so that a reader needs neither a lock nor an iterator.
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

  /** Without a bound if nothing registered one. */
  @Override
  public long slackNanos() {
    long slack = Long.MAX_VALUE;
    for (SleepBounds part : parts) {
      slack = Math.min(slack, part.slackNanos());
    }
    return slack;
  }
}
