package dev.sluice.counters;

/**
 * Counts incidents by sort and keeps the first case of each as evidence. One writer, an agent,
 * which thereby needs no log; any thread reads. The sorts are the ordinals of some enum of the
 * caller's.
 */
public final class IncidentRecorder {
  private static final int EVIDENCE = 4;

  private final CounterArray counts;
  private final CounterArray evidence;

  public IncidentRecorder(int sorts) {
    counts = new CounterArray(sorts);
    evidence = new CounterArray(sorts * EVIDENCE);
  }

  /**
   * Notes an incident. Writer thread only.
   *
   * @param where e.g. the queue or pool number
   * @param a the offending value
   * @param b another value that helps
   * @param c a third
   */
  public void record(int sort, long where, long a, long b, long c) {
    if (counts.plain(sort) == 0) {
      int at = sort * EVIDENCE;
      evidence.set(at, where);
      evidence.set(at + 1, a);
      evidence.set(at + 2, b);
      evidence.set(at + 3, c);
    }
    counts.increment(sort);
  }

  /** How often. Any thread. */
  public long count(int sort) {
    return counts.get(sort);
  }

  /** The first case, for a log line. Any thread that has seen a count above 0. */
  public String evidence(int sort) {
    int at = sort * EVIDENCE;
    return String.format(
        "first at %d: 0x%x, with 0x%x, 0x%x",
        evidence.get(at), evidence.get(at + 1), evidence.get(at + 2), evidence.get(at + 3));
  }
}
