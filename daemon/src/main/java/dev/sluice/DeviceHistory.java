package dev.sluice;

/**
 * What all sessions of one device have counted. Immutable.
 *
 * @param latencies never written once they are in here
 */
record DeviceHistory(RunTotals totals, RunLatencies latencies) {
  /** No session yet. */
  static final DeviceHistory NONE = new DeviceHistory(new RunTotals(), new RunLatencies());

  static DeviceHistory of(Session session) {
    return new DeviceHistory(session.totals(), session.latencies());
  }

  DeviceHistory plus(DeviceHistory other) {
    if (other.equals(NONE)) {
      return this; // nothing to add, and nothing to copy
    }
    if (equals(NONE)) {
      return other;
    }
    return new DeviceHistory(
        totals.plus(other.totals), new RunLatencies().add(latencies).add(other.latencies));
  }
}
