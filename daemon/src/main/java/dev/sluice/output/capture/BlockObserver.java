package dev.sluice.output.capture;

/**
 * Looks at the fields of records while they are encoded. On the collector's thread; never waits.
 */
public interface BlockObserver {
  /**
   * @param instance core or thread of the pool
   * @param values by the number of the kind's column, then by record; valid during this call
   * @param records how many of each column
   */
  void onBlock(int instance, long[][] values, int records);
}
