package dev.sluice.service;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rates of the open sessions, one point per second for the last five minutes, so that a chart shows
 * the time before it was opened. One thread adds; any thread reads. The lock is a leaf.
 */
public final class RateHistory {
  public static final long INTERVAL_NANOS = 1_000_000_000;
  public static final int KEPT_POINTS = 300;

  private final Map<Integer, Series> sessions = new LinkedHashMap<>();
  private long lastNs;
  private boolean hasReadings;

  /**
   * Counters of a session at one moment.
   *
   * @param tasks by {@link Labels#CORE_TYPES}
   * @param busyNanos by {@link Labels#CORE_TYPES}
   */
  public record Reading(
      int session,
      long collectedBytes,
      long droppedRecords,
      List<Long> tasks,
      List<Long> busyNanos) {
    public Reading {
      tasks = List.copyOf(tasks);
      busyNanos = List.copyOf(busyNanos);
    }
  }

  /** Points of a session, oldest first, all per second. */
  public record Points(int session, List<Long> collectedBytes, List<Long> droppedRecords) {
    public Points {
      collectedBytes = List.copyOf(collectedBytes);
      droppedRecords = List.copyOf(droppedRecords);
    }
  }

  private static final class Series {
    private final long[] collectedBytes = new long[KEPT_POINTS];
    private final long[] droppedRecords = new long[KEPT_POINTS];
    private int points;
    private Reading last;
    private SessionRates rates = SessionRates.NONE;

    Series(Reading first) {
      last = first;
    }

    void add(Reading now, double seconds) {
      double bytes = perSecond(now.collectedBytes, last.collectedBytes, seconds);
      double dropped = perSecond(now.droppedRecords, last.droppedRecords, seconds);
      Map<String, Double> tasks = new HashMap<>();
      Map<String, Double> busyCores = new HashMap<>();
      for (int type = 0; type < Labels.CORE_TYPES.size(); type++) {
        String label = Labels.CORE_TYPES.get(type);
        tasks.put(label, perSecond(now.tasks.get(type), last.tasks.get(type), seconds));
        busyCores.put(
            label, perSecond(now.busyNanos.get(type), last.busyNanos.get(type), seconds) / 1e9);
      }
      rates = new SessionRates(bytes, dropped, tasks, busyCores);
      collectedBytes[points % KEPT_POINTS] = Math.round(bytes);
      droppedRecords[points % KEPT_POINTS] = Math.round(dropped);
      points++;
      last = now;
    }

    private static double perSecond(long now, long before, double seconds) {
      return Math.max(0, now - before) / seconds;
    }

    private List<Long> inOrder(long[] ring) {
      List<Long> ordered = new ArrayList<>();
      for (int i = Math.max(0, points - KEPT_POINTS); i < points; i++) {
        ordered.add(ring[i % KEPT_POINTS]);
      }
      return ordered;
    }
  }

  /** Whether the next point is due. */
  public synchronized boolean isDue(long nowNs) {
    return !hasReadings || nowNs - lastNs >= INTERVAL_NANOS;
  }

  /** Adds a point to each session that was open at the last call; drops those that ended. */
  public synchronized void add(List<Reading> readings, long nowNs) {
    double seconds = Math.max(1, nowNs - lastNs) / 1e9;
    Set<Integer> open = new HashSet<>();
    for (Reading reading : readings) {
      open.add(reading.session);
      Series series = sessions.get(reading.session);
      if (series == null) {
        sessions.put(reading.session, new Series(reading));
      } else {
        series.add(reading, seconds);
      }
    }
    sessions.keySet().retainAll(open);
    lastNs = nowNs;
    hasReadings = true;
  }

  /** Returns the rates over the last second. */
  public synchronized SessionRates latest(int session) {
    Series series = sessions.get(session);
    return series == null ? SessionRates.NONE : series.rates;
  }

  public synchronized List<Points> points() {
    List<Points> all = new ArrayList<>();
    sessions.forEach(
        (session, series) ->
            all.add(
                new Points(
                    session,
                    series.inOrder(series.collectedBytes),
                    series.inOrder(series.droppedRecords))));
    return all;
  }
}
