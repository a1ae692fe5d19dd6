package dev.sluice.abi;

/**
 * One ready-queue entry (abi.md, Ready queues). The device writes all of it; the host only clears
 * {@code buffer_ptr} of consumed entries, in the first generation.
 *
 * <pre>
 *   0            4        8                16            20             24          32
 *   +------------+--------+----------------+-------------+--------------+-----------+
 *   | core_index | kind   | buffer_ptr     | buffer_seq  | record_count | run_epoch |
 *   +------------+--------+----------------+-------------+--------------+-----------+
 * </pre>
 */
public final class ReadyEntryLayout {
  /** Core for task kinds, pool ordinal for phases, u32. */
  public static final int CORE_INDEX_OFFSET = 0;

  /** {@link BufferKind#wireNumber}, u32. */
  public static final int KIND_OFFSET = 4;

  /** Device address of the full buffer, u64. */
  public static final int BUFFER_PTR_OFFSET = 8;

  /** The pool's sequence number of that buffer, u32. */
  public static final int BUFFER_SEQ_OFFSET = 16;

  /** Records that the producer committed to the buffer, u32; padding without schema 1. */
  public static final int RECORD_COUNT_OFFSET = 20;

  /** Run in which the buffer was filled, u64; padding without schema 1. */
  public static final int RUN_EPOCH_OFFSET = 24;

  /** Distance between entries. */
  public static final int SIZE_BYTES = 32;

  private ReadyEntryLayout() {}
}
