package dev.sluice.abi;

/**
 * One pool. Of the swimlane it is the active head (device-owned line), then the free queue, the
 * same for all four kinds (abi.md 2.3 to 2.5), and only the slot count moves anything. The
 * constants are those of the swimlane.
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
 * <p>Of the other regions it is the free queue, then the words of the head, at offsets of their own
 * (docs/abi.md).
 */
public final class PoolLayout {
  /** Device address of the buffer being filled, u64; 0 means no buffer. Writer: device. */
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

  // Of the pools of other regions.
  private static final int STATE_QUEUE_BYTES = 128;
  private static final int STATE_BYTES = 192;

  /** There is no such word. */
  private static final int NONE = -1;

  private final int slotCount;
  private final int slotsOffset;
  private final int headOffset;
  private final int tailOffset;
  private final int sizeBytes;
  private final Words words;

  /** Where the device keeps the words of the active head. */
  private record Words(int pointer, int sequence, int total, int dropped, int mismatched) {}

  private PoolLayout(int slotCount, int slotsOffset, int sizeBytes, Words words) {
    this.slotCount = slotCount;
    this.slotsOffset = slotsOffset;
    this.headOffset = slotsOffset + Long.BYTES * slotCount;
    this.tailOffset = headOffset + Integer.BYTES;
    this.sizeBytes = sizeBytes;
    this.words = words;
  }

  /** A pool of the swimlane. */
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

  /** A state of PMU. On a5 the address of a staging ring comes between, and a counter more. */
  static PoolLayout pmu(Platform platform) {
    Words words =
        platform == Platform.A5
            ? new Words(STATE_QUEUE_BYTES, 144, 148, 152, 156)
            : new Words(STATE_QUEUE_BYTES, 136, 144, 140, NONE);
    return new PoolLayout(4, 0, STATE_BYTES, words);
  }

  /** The state of the scope statistics. */
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

  /** Records that the device counted and found not to be the expected ones, u32; -1 for none. */
  public int mismatchedRecordCountOffset() {
    return words.mismatched;
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
    return slotsOffset + Long.BYTES * (index & (slotCount - 1));
  }

  public int sizeBytes() {
    return sizeBytes;
  }

  /** Size of the free queue alone, of the swimlane. */
  public int freeQueueBytes() {
    return sizeBytes - FREE_QUEUE_OFFSET;
  }
}
