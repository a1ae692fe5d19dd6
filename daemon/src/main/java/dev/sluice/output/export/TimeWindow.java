package dev.sluice.output.export;

/**
 * The part of the time axis to export, in device ticks, unsigned.
 *
 * @param fromTicks first tick inside
 * @param toTicks first tick after
 */
record TimeWindow(long fromTicks, long toTicks) {
  /** Everything. */
  static final TimeWindow ALL = new TimeWindow(0, -1);

  boolean isAll() {
    return equals(ALL);
  }

  /** Whether something that lasts from start to end is inside, if only in part. */
  boolean overlaps(long startTicks, long endTicks) {
    return Long.compareUnsigned(endTicks, fromTicks) >= 0
        && Long.compareUnsigned(startTicks, toTicks) < 0;
  }

  boolean isAfter(long startTicks) {
    return Long.compareUnsigned(startTicks, toTicks) >= 0;
  }

  boolean isBefore(long endTicks) {
    return Long.compareUnsigned(endTicks, fromTicks) < 0;
  }
}
