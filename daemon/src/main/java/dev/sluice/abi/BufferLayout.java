package dev.sluice.abi;

/**
 * One typed buffer: the record array, then {@code count}, for some runtimes then {@code run_epoch}
 * and {@code local_seq}, padded to a cache line (abi.md, Buffers). Buffers of scope statistics have
 * a cache line with these words first, then the records. The offset of {@code count} differs per
 * kind; never use that of another kind.
 *
 * @param kind kind of the records
 * @param records capacity in records
 * @param recordsOffset offset of the first record
 * @param countOffset offset of the u32 {@code count}; writer: the AICPU while it owns the buffer
 * @param runEpochOffset offset of the u64 {@code run_epoch}, same writer; -1 for none
 * @param localSeqOffset offset of the u32 {@code local_seq}, same writer; -1 for none
 * @param sizeBytes size with padding, a multiple of 64
 */
public record BufferLayout(
    BufferKind kind,
    int records,
    int recordsOffset,
    int countOffset,
    int runEpochOffset,
    int localSeqOffset,
    int sizeBytes) {

  static BufferLayout of(BufferKind kind, int records, boolean hasIdentity) {
    int arrayBytes = kind.recordBytes() * records;
    boolean isLast = kind == BufferKind.SCOPE_STATS;
    int countOffset = isLast ? 0 : arrayBytes;
    int epochOffset = (countOffset + Integer.BYTES + Long.BYTES - 1) & -Long.BYTES;
    int sequenceOffset = epochOffset + Long.BYTES;
    int wordsEnd = hasIdentity ? sequenceOffset + Integer.BYTES : countOffset + Integer.BYTES;
    int recordsOffset = isLast ? Layout.align64(wordsEnd) : 0;
    return new BufferLayout(
        kind,
        records,
        recordsOffset,
        countOffset,
        hasIdentity ? epochOffset : -1,
        hasIdentity ? sequenceOffset : -1,
        Layout.align64(isLast ? recordsOffset + arrayBytes : wordsEnd));
  }

  /** Bytes of the record array only. */
  public int recordArrayBytes() {
    return records * kind.recordBytes();
  }
}
