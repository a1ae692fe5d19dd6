package dev.sluice.abi;

/**
 * One typed buffer: the record array, then {@code count}, for some runtimes then {@code run_epoch}
 * and {@code local_seq}, padded to a cache line (abi.md 2.2). The offset of {@code count} differs
 * per kind, so it must never be taken from another kind.
 *
 * @param kind what the records are
 * @param records capacity in records
 * @param countOffset offset of the u32 {@code count}; writer: the AICPU while it owns the buffer
 * @param runEpochOffset offset of the u64 {@code run_epoch}, likewise; -1 for none
 * @param localSeqOffset offset of the u32 {@code local_seq}, likewise; -1 for none
 * @param sizeBytes size with padding, a multiple of 64
 */
public record BufferLayout(
    BufferKind kind,
    int records,
    int countOffset,
    int runEpochOffset,
    int localSeqOffset,
    int sizeBytes) {

  static BufferLayout of(BufferKind kind, int records, boolean hasIdentity) {
    int countOffset = kind.recordBytes() * records;
    if (!hasIdentity) {
      int size = Layout.align64(countOffset + Integer.BYTES);
      return new BufferLayout(kind, records, countOffset, -1, -1, size);
    }
    int epochOffset = (countOffset + Integer.BYTES + Long.BYTES - 1) & -Long.BYTES;
    int sequenceOffset = epochOffset + Long.BYTES;
    int size = Layout.align64(sequenceOffset + Integer.BYTES);
    return new BufferLayout(kind, records, countOffset, epochOffset, sequenceOffset, size);
  }

  /** Bytes of the record array alone. */
  public int recordArrayBytes() {
    return countOffset;
  }
}
