package dev.sluice.abi;

/**
 * Final counters of one producer in a run: a cache line in a terminal bank, which only that
 * producer writes, at its last flush.
 *
 * <pre>
 *   0           8       12        16                  20                  24              28    64
 *   +-----------+-------+---------+-------------------+-------------------+---------------+-----+
 *   | run_epoch | total | dropped | published_records | published_buffers | live_at_close | pad |
 *   +-----------+-------+---------+-------------------+-------------------+---------------+-----+
 * </pre>
 */
public final class TerminalLayout {
  /** The run, u64, written last; another value means that nothing was written in this run. */
  public static final int RUN_EPOCH_OFFSET = 0;

  /** Counters of the pool at that time, u32 each. */
  public static final int TOTAL_OFFSET = 8;

  public static final int DROPPED_OFFSET = 12;
  public static final int PUBLISHED_RECORDS_OFFSET = 16;
  public static final int PUBLISHED_BUFFERS_OFFSET = 20;

  /** u32; non-zero if the step that closes the run did not happen. */
  public static final int LIVE_AT_CLOSE_OFFSET = 24;

  /** Distance between lines. */
  public static final int SIZE_BYTES = 64;

  private TerminalLayout() {}
}
