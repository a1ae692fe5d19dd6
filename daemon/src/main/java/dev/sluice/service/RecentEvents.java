package dev.sluice.service;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The daemon's latest log lines, for people with a browser and no journal. One instance per
 * process, like the log itself. Any thread may read and write without blocking; the oldest line is
 * overwritten.
 */
public final class RecentEvents {
  private static final int KEPT = 64;
  private static final int MAX_CHARACTERS = 400;
  private static final RecentEvents INSTANCE = new RecentEvents();

  private final AtomicReferenceArray<Event> slots = new AtomicReferenceArray<>(KEPT);
  private final AtomicLong written = new AtomicLong();

  /**
   * One log line.
   *
   * @param number counts all events since the process started
   * @param level lower case, e.g. {@code warn}
   */
  public record Event(long number, Instant time, String level, String text) {}

  public static RecentEvents instance() {
    return INSTANCE;
  }

  public void add(Instant time, String level, String text) {
    long number = written.getAndIncrement();
    String line = text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS) + "…";
    slots.set((int) (number % KEPT), new Event(number, time, level, line));
  }

  /** Returns the events, newest first. */
  public List<Event> newestFirst() {
    List<Event> events = new ArrayList<>(KEPT);
    for (int i = 0; i < KEPT; i++) {
      Event event = slots.get(i);
      if (event != null) {
        events.add(event);
      }
    }
    events.sort(Comparator.comparingLong(Event::number).reversed());
    return events;
  }
}
