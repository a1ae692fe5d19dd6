package dev.sluice.abi;

/**
 * One pool. In the swimlane it is the active head (device-owned line), then the free queue, the
 * same for all four kinds (abi.md, Pools); only the slot count moves offsets. The constants are
 * those of the swimlane.
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
 *
 * <p>In the other regions it is the free queue, then the words of the head, at their own offsets
 * (abi.md, Other profilers).
 */
public final class PoolLayout {
  /** Device address of the buffer being filled, u64; 0 means no buffer. Writer: device. */
  public static final int CURRENT_BUF_PTR_OFFSET = 0;

  /** Sequence number of the current buffer, u32. Writer: device. */
  public static final int CURRENT_BUF_SEQ_OFFSET = 8;

  /** Every commit attempt, for AICore every dispatch, u32. Writer: device. */
  public static final int TOTAL_RECORD_COUNT_OFFSET = 12;

  /** Losses that the device accounts for, u32. Writer: device. */
  public static final int DROPPED_RECORD_COUNT_OFFSET = 16;

  /** Records in the buffer being filled, u32; padding where pools do not count. Writer: device. */
  public static final int LIVE_RECORD_COUNT_OFFSET = 20;

  /** Records in published buffers, u32; padding where pools do not count. Writer: device. */
  public static final int PUBLISHED_RECORD_COUNT_OFFSET = 24;

  /**
   * Published buffers, including empty ones, u32; padding where pools do not count. Writer: device.
   */
  public static final int PUBLISHED_BUFFER_COUNT_OFFSET = 28;

  /** Start of the free queue: the active head owns a whole cache line. */
  public static final int FREE_QUEUE_OFFSET = 64;

  /** Device addresses of empty buffers, u64 each. Writer: host. */
  public static final int BUFFER_PTRS_OFFSET = FREE_QUEUE_OFFSET;

  private static final int FREE_QUEUE_PAD_BYTES = 52;

  // For the pools of other regions.
  private static final int STATE_QUEUE_BYTES = 128;
  private static final int STATE_BYTES = 192;

  /** Marks an absent word. */
  private static final int NONE = -1;

  private final int slotCount;
  private final int slotsOffset;
  private final int headOffset;
  private final int tailOffset;
  private final int sizeBytes;
  private final Words words;

  /** Offsets of the words of the active head. */
  private record Words(int pointer, int sequence, int total, int dropped, int mismatched) {}

  private PoolLayout(int slotCount, int slotsOffset, int sizeBytes, Words words) {
    this.slotCount = slotCount;
    this.slotsOffset = slotsOffset;
    this.headOffset = slotsOffset + Long.BYTES * slotCount;
    this.tailOffset = headOffset + Integer.BYTES;
    this.sizeBytes = sizeBytes;
    this.words = words;
  }

  /** Returns the layout of a swimlane pool. */
  static PoolLayout swimlane(int slotCount) {
    return new PoolLayout(
        slotCount,
        BUFFER_PTRS_OFFSET,
        FREE_QUEUE_OFFSET
            + Layout.align64(Long.BYTES * slotCount + 2 * Integer.BYTES + FREE_QUEUE_PAD_BYTES),
        new Words(
            CURRENT_BUF_PTR_OFFSET,
            CURRENT_BUF_SEQ_OFFSET,
            TOTAL_RECORD_COUNT_OFFSET,
            DROPPED_RECORD_COUNT_OFFSET,
            NONE));
  }

  /**
   * Returns the layout of a PMU state. On a5 it also contains a ring address and another counter.
   */
  static PoolLayout pmu(Platform platform) {
    Words words =
        platform == Platform.A5
            ? new Words(STATE_QUEUE_BYTES, 144, 148, 152, 156)
            : new Words(STATE_QUEUE_BYTES, 136, 144, 140, NONE);
    return new PoolLayout(4, 0, STATE_BYTES, words);
  }

  /** Returns the layout of the scope statistics' state. */
  static PoolLayout scopeStats() {
    return new PoolLayout(8, 0, STATE_BYTES, new Words(STATE_QUEUE_BYTES, 136, 144, 140, NONE));
  }

  /** Device address of the buffer being filled, u64; 0 means no buffer. Writer: device. */
  public int currentBufPtrOffset() {
    return words.pointer;
  }

  /** Number of the current buffer, u32. Writer: device. */
  public int currentBufSeqOffset() {
    return words.sequence;
  }

  /** Every commit attempt, u32. Writer: device. */
  public int totalRecordCountOffset() {
    return words.total;
  }

  /** Losses that the device accounts for, u32. Writer: device. */
  public int droppedRecordCountOffset() {
    return words.dropped;
  }

  /** Records that the device counted as not the expected ones, u32; -1 for none. */
  public int mismatchedRecordCountOffset() {
    return words.mismatched;
  }

  /** Free-queue slots; all are usable, since the indices are free-running. */
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

  /** Offset of the slot for a free-running index. */
  public int slotOffset(int index) {
    return slotsOffset + Long.BYTES * (index & (slotCount - 1));
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  /** Size of the free queue alone. Swimlane only. */
  public int freeQueueBytes() {
    return sizeBytes - FREE_QUEUE_OFFSET;
  }
}
