package dev.sluice.abi;

/**
 * One ready-queue entry (abi.md 2.6). The device writes all of it; the host only ever clears {@code
 * buffer_ptr} of an entry that it has consumed, in the first generation.
 *
 * <pre>
 *   0            4        8                16            20           32
 *   +------------+--------+----------------+-------------+------------+
 *   | core_index | kind   | buffer_ptr     | buffer_seq  | pad        |
 *   +------------+--------+----------------+-------------+------------+
 * </pre>
 */
public final class ReadyEntryLayout {
  /** Core for task kinds, pool ordinal for phases, u32. */
  public static final int CORE_INDEX_OFFSET = 0;

  /** {@link BufferKind} number, u32. */
  public static final int KIND_OFFSET = 4;

  /** Device address of the full buffer, u64. */
  public static final int BUFFER_PTR_OFFSET = 8;

  /** The pool's sequence number of that buffer, u32. */
  public static final int BUFFER_SEQ_OFFSET = 16;

  /** Distance between entries. */
  public static final int SIZE_BYTES = 32;

  private ReadyEntryLayout() {}
}
