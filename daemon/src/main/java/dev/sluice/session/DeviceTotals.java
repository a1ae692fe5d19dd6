package dev.sluice.session;

import dev.sluice.session.run.RunLatencies;
import dev.sluice.session.run.RunTotals;

/**
 * What all sessions of one device have counted. Immutable.
 *
 * @param latencies never written once they are in here
 */
public record DeviceTotals(RunTotals totals, RunLatencies latencies) {
  /** No session yet. */
  public static final DeviceTotals NONE = new DeviceTotals(new RunTotals(), new RunLatencies());

  static DeviceTotals of(SessionView session) {
    return new DeviceTotals(session.totals(), session.allLatencies());
  }

  DeviceTotals plus(DeviceTotals other) {
    if (other.equals(NONE)) {
      return this; // nothing to add, and nothing to copy
    }
    if (equals(NONE)) {
      return other;
    }
    return new DeviceTotals(
        totals.plus(other.totals), new RunLatencies().add(latencies).add(other.latencies));
  }
}
