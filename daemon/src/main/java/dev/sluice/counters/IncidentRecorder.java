package dev.sluice.counters;

/**
 * Counts incidents by kind and keeps the first case of each as evidence, so that an agent need not
 * log. One writer; any thread reads. Kinds are the ordinals of an enum chosen by the caller.
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
   * Records an incident. Writer thread only.
   *
   * @param where e.g. the queue or pool number
   * @param a the offending value
   * @param b further evidence
   * @param c further evidence
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

  /** Returns the number of incidents. Any thread. */
  public long count(int sort) {
    return counts.get(sort);
  }

  /** Describes the first case, for a log line. Any thread that has seen a count above 0. */
  public String evidence(int sort) {
    int at = sort * EVIDENCE;
    return String.format(
        "first at %d: 0x%x, with 0x%x, 0x%x",
        evidence.get(at), evidence.get(at + 1), evidence.get(at + 2), evidence.get(at + 3));
  }
}
