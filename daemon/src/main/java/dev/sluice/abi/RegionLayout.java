package dev.sluice.abi;

/**
 * The header of a region: its ready queues, then its words. All regions have the same structure;
 * offsets are from the start of the region.
 *
 * <pre>
 *   queues[T][Q] | queue_heads u32[T] | queue_tails u32[T] | words of this region | pools
 * </pre>
 */
public final class RegionLayout {
  private final int queueCount;
  private final int queueEntries;
  private final int headsOffset;
  private final int tailsOffset;
  private final int wordsOffset;
  private final int headerBytes;

  /**
   * @param wordsEnd computes the end of the words from their start
   */
  RegionLayout(int queueCount, int queueEntries, java.util.function.IntUnaryOperator wordsEnd) {
    this.queueCount = queueCount;
    this.queueEntries = queueEntries;
    this.headsOffset = queueCount * queueEntries * ReadyEntryLayout.SIZE_BYTES;
    this.tailsOffset = headsOffset + queueCount * Integer.BYTES;
    this.wordsOffset = tailsOffset + queueCount * Integer.BYTES;
    this.headerBytes = Layout.align64(wordsEnd.applyAsInt(wordsOffset));
  }

  /** Ready queues: one per AICPU thread. */
  public int queueCount() {
    return queueCount;
  }

  /** Entries of one ready queue; one entry always stays empty. */
  public int queueEntries() {
    return queueEntries;
  }

  /** Offset of an entry of a ready queue. */
  public int entryOffset(int queue, int index) {
    return (queue * queueEntries + index) * ReadyEntryLayout.SIZE_BYTES;
  }

  /** u32, an index in [0, Q). Writer: host. */
  public int queueHeadOffset(int queue) {
    return headsOffset + queue * Integer.BYTES;
  }

  /** u32, an index in [0, Q). Writer: device. */
  public int queueTailOffset(int queue) {
    return tailsOffset + queue * Integer.BYTES;
  }

  /** Start of the region's words: first u32 num_cores or num_instances, written by the host. */
  public int wordsOffset() {
    return wordsOffset;
  }

  /** Start of the pools. */
  public int headerBytes() {
    return headerBytes;
  }
}
