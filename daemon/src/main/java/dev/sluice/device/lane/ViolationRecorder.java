package dev.sluice.device.lane;

import dev.sluice.abi.AbiViolation;
import dev.sluice.counters.CounterArray;

/**
 * Counts what an agent found wrong and keeps the first case of each sort as evidence. Written by the
 * agent, without logging: the janitor logs each sort once per session.
 */
public final class ViolationRecorder {
  private static final int EVIDENCE = 4;

  private final CounterArray counts = new CounterArray(AbiViolation.ALL.size());
  private final CounterArray evidence = new CounterArray(AbiViolation.ALL.size() * EVIDENCE);

  /**
   * Notes a violation. Owning agent only.
   *
   * @param where queue or pool number
   * @param a the offending value
   * @param b another value that helps, e.g. the sequence
   * @param c a third
   */
  public void record(AbiViolation violation, long where, long a, long b, long c) {
    int at = violation.ordinal() * EVIDENCE;
    if (counts.plain(violation.ordinal()) == 0) {
      evidence.set(at, where);
      evidence.set(at + 1, a);
      evidence.set(at + 2, b);
      evidence.set(at + 3, c);
    }
    counts.increment(violation.ordinal());
  }

  /** How often. Any thread. */
  public long count(AbiViolation violation) {
    return counts.get(violation.ordinal());
  }

  /** The first case, for a log line. Any thread that has seen a count above 0. */
  public String evidence(AbiViolation violation) {
    int at = violation.ordinal() * EVIDENCE;
    return String.format(
        "at %d: value 0x%x, then 0x%x, 0x%x",
        evidence.get(at), evidence.get(at + 1), evidence.get(at + 2), evidence.get(at + 3));
  }
}
