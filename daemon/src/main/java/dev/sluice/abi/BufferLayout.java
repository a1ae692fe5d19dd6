package dev.sluice.abi;

/**
 * One typed buffer: the record array, then {@code count}, padded to a cache line (abi.md 2.2). The
 * offset of {@code count} differs per kind, so it must never be taken from another kind.
 *
 * @param kind what the records are
 * @param records capacity in records
 * @param countOffset offset of the u32 {@code count}; writer: the AICPU while it owns the buffer
 * @param sizeBytes size with padding, a multiple of 64
 */
public record BufferLayout(BufferKind kind, int records, int countOffset, int sizeBytes) {

  static BufferLayout of(BufferKind kind, int records) {
    int countOffset = kind.recordBytes() * records;
    return new BufferLayout(
        kind, records, countOffset, Layout.align64(countOffset + Integer.BYTES));
  }

  /** Bytes of the record array alone. */
  public int recordArrayBytes() {
    return countOffset;
  }
}
