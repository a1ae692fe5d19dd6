package dev.sluice.output.capture;

import java.nio.ByteBuffer;

/**
 * Accumulates task statistics while AICore records are encoded. Runs on the collector's thread and
 * never waits.
 *
 * <p>The counts are in direct memory, so that the native encoder updates them without a call per
 * block: for each core, busy ticks, tasks and impossible tasks as three 64-bit words, and two
 * {@link dev.sluice.counters.LogLinearHistogram}s.
 */
public interface TaskObserver {
  /** Size of a core's three words. */
  int CORE_BYTES = 3 * Long.BYTES;

  /**
   * Adds the tasks of a block.
   *
   * @param core core of the pool
   * @param values by column number of the kind, then by record; valid during this call
   * @param records number of records
   */
  void onBlock(int core, long[][] values, int records);

  /** Direct memory with all counts. */
  ByteBuffer memory();

  /** Offset of a core's words in {@link #memory}; the methods below do this for histograms. */
  int countsOfCore(int core);

  /** Durations of tasks. */
  int durationsOfCore(int core);

  /** Times between receiving and starting a task. */
  int latenciesOfCore(int core);
}
