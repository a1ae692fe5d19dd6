package dev.sluice.abi;

/**
 * One pool: the active head (device-owned line), then the free queue. The same structure serves all
 * four kinds (abi.md 2.3 to 2.5). Only the slot count moves anything.
 *
 * <pre>
 *   0                8              12             16                20            64
 *   +----------------+--------------+--------------+-----------------+-------------+
 *   | current_buf_ptr| current_seq  | total_count  | dropped_count   | live, pub. x2|  device writes
 *   +----------------+--------------+--------------+-----------------+-------------+
 *  64                               64+8S          68+8S             72+8S         sizeof
 *   +-------------------------------+--------------+-----------------+-------------+
 *   | buffer_ptrs u64[S]            | head         | tail            | pad         |
 *   +-------------------------------+--------------+-----------------+-------------+
 *     host writes                     device         host
 * </pre>
 */
public final class PoolLayout {
  /** Device address of the buffer being filled, u64; 0 is none. Writer: device. */
  public static final int CURRENT_BUF_PTR_OFFSET = 0;

  /** Generation of the current buffer, u32. Writer: device. */
  public static final int CURRENT_BUF_SEQ_OFFSET = 8;

  /** Every commit attempt, for AICore every dispatch, u32 that wraps. Writer: device. */
  public static final int TOTAL_RECORD_COUNT_OFFSET = 12;

  /** Losses that the device accounts for, u32 that wraps. Writer: device. */
  public static final int DROPPED_RECORD_COUNT_OFFSET = 16;

  /** Records in the buffer being filled, u32; padding where pools do not count. Writer: device. */
  public static final int LIVE_RECORD_COUNT_OFFSET = 20;

  /** Records in buffers handed over, u32; likewise. */
  public static final int PUBLISHED_RECORD_COUNT_OFFSET = 24;

  /** Buffers handed over, empty ones included, u32; likewise. */
  public static final int PUBLISHED_BUFFER_COUNT_OFFSET = 28;

  /** Where the free queue starts: the active head owns a whole cache line. */
  public static final int FREE_QUEUE_OFFSET = 64;

  /** Device addresses of empty buffers, u64 each. Writer: host. */
  public static final int BUFFER_PTRS_OFFSET = FREE_QUEUE_OFFSET;

  private static final int FREE_QUEUE_PAD_BYTES = 52;

  private final int slotCount;
  private final int headOffset;
  private final int tailOffset;
  private final int sizeBytes;

  PoolLayout(int slotCount) {
    this.slotCount = slotCount;
    this.headOffset = FREE_QUEUE_OFFSET + Long.BYTES * slotCount;
    this.tailOffset = headOffset + Integer.BYTES;
    this.sizeBytes =
        FREE_QUEUE_OFFSET
            + Layout.align64(Long.BYTES * slotCount + 2 * Integer.BYTES + FREE_QUEUE_PAD_BYTES);
  }

  /** Free-queue slots; all of them are usable, since the indices run free. */
  public int slotCount() {
    return slotCount;
  }

  /** Free-running consumer index of the free queue, u32. Writer: device. */
  public int headOffset() {
    return headOffset;
  }

  /** Free-running producer index of the free queue, u32. Writer: host. */
  public int tailOffset() {
    return tailOffset;
  }

  /** Offset of the slot that a free-running index names. */
  public int slotOffset(int index) {
    return BUFFER_PTRS_OFFSET + Long.BYTES * (index & (slotCount - 1));
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  /** Size of the free queue alone. */
  public int freeQueueBytes() {
    return sizeBytes - FREE_QUEUE_OFFSET;
  }
}
