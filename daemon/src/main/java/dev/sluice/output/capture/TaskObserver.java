package dev.sluice.output.capture;

import java.nio.ByteBuffer;

/**
 * Counts what tasks did while their AICore records are encoded. On the collector's thread; never
 * waits.
 *
 * <p>The counts lie in memory, so that the native encoder keeps them without a call for each block:
 * busy ticks, tasks and impossible tasks of a core as three 64-bit words, and two {@link
 * dev.sluice.counters.LogLinearHistogram}s.
 */
public interface TaskObserver {
  /** Bytes of the three words of a core. */
  int CORE_BYTES = 3 * Long.BYTES;

  /**
   * Counts the tasks of a block.
   *
   * @param core of the pool
   * @param values by the number of the kind's column, then by record; valid during this call
   * @param records how many of each column
   */
  void onBlock(int core, long[][] values, int records);

  /** Direct memory of all counts. */
  ByteBuffer memory();

  /** Where the words of a core start in {@link #memory}; likewise the histograms below. */
  int countsOfCore(int core);

  /** How long tasks ran. */
  int durationsOfCore(int core);

  /** How long tasks waited between being received and started. */
  int latenciesOfCore(int core);
}
