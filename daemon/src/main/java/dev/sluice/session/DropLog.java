package dev.sluice.session;

import dev.sluice.session.run.DropEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The latest drop events of all sessions. Bounded, so a device that drops for hours uses no more
 * memory. Any thread; the lock is a leaf.
 */
public final class DropLog {
  private final int keptEvents;
  private final Deque<Entry> events = new ArrayDeque<>();
  private long total;

  /** One event with its session and device. */
  public record Entry(int session, int device, DropEvent event) {}

  /**
   * The newest events.
   *
   * @param total events since the start
   * @param kept capacity of the log
   * @param events newest first
   */
  public record Newest(long total, int kept, List<Entry> events) {}

  DropLog(int keptEvents) {
    this.keptEvents = keptEvents;
  }

  synchronized void add(Entry event) {
    if (events.size() == keptEvents) {
      events.removeLast();
    }
    events.addFirst(event);
    total++;
  }

  public synchronized Newest newest(int limit) {
    List<Entry> newest = new ArrayList<>();
    for (Entry event : events) {
      if (newest.size() == limit) {
        break;
      }
      newest.add(event);
    }
    return new Newest(total, keptEvents, newest);
  }
}
