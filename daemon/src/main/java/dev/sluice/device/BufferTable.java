package dev.sluice.device;

import dev.sluice.abi.AbiViolation;
import dev.sluice.abi.BufferKind;

/**
 * Validates by arithmetic that an address from the device is the start of a known buffer of the
 * right kind: a subtraction, two bounds and a remainder. No map, no lock, no allocation.
 */
public final class BufferTable {
  private final long deviceBase;
  private final long[] kindStart = new long[BufferKind.COUNT];
  private final long[] kindBytes = new long[BufferKind.COUNT];
  private final int[] sizeBytes = new int[BufferKind.COUNT];
  private final int[] first = new int[BufferKind.COUNT];
  private final int[] offsets;

  /**
   * @param deviceBase the device's address of arena byte 0
   */
  public BufferTable(ArenaPlan plan, long deviceBase) {
    this.deviceBase = deviceBase;
    for (BufferKind kind : BufferKind.ALL) {
      int k = kind.ordinal();
      sizeBytes[k] = plan.layout().buffer(kind).sizeBytes();
      kindStart[k] = plan.kindOffset(kind);
      kindBytes[k] = (long) plan.buffers(kind) * sizeBytes[k];
      first[k] = plan.firstBuffer(kind);
    }
    offsets = new int[plan.bufferCount()];
    for (int buffer = 0; buffer < offsets.length; buffer++) {
      offsets[buffer] = plan.offsetOfBuffer(buffer);
    }
  }

  /** Returns the arena offset of a buffer. */
  public int offset(int buffer) {
    return offsets[buffer];
  }

  /** Returns the device address of a buffer, as written into a free-queue slot. */
  public long deviceAddress(int buffer) {
    return deviceBase + offsets[buffer];
  }

  /**
   * Returns the number of the buffer of this kind that starts at this address; otherwise the
   * violation as {@code -1 - ordinal}, decoded by {@link #violation}.
   */
  public int find(BufferKind kind, long addressUntrusted) {
    if (addressUntrusted == 0) {
      return encode(AbiViolation.NULL_POINTER);
    }
    long offset = addressUntrusted - deviceBase;
    int k = kind.ordinal();
    long within = offset - kindStart[k];
    if (within >= 0 && within < kindBytes[k]) {
      return within % sizeBytes[k] == 0
          ? first[k] + (int) (within / sizeBytes[k])
          : encode(AbiViolation.MISALIGNED_POINTER);
    }
    for (int other = 0; other < kindStart.length; other++) {
      long inOther = offset - kindStart[other];
      if (inOther >= 0 && inOther < kindBytes[other]) {
        return encode(AbiViolation.WRONG_KIND);
      }
    }
    return encode(AbiViolation.UNKNOWN_POINTER);
  }

  /** Returns the violation encoded in a negative result of {@link #find}. */
  public static AbiViolation violation(int found) {
    return AbiViolation.ALL.get(-1 - found);
  }

  private static int encode(AbiViolation violation) {
    return -1 - violation.ordinal();
  }
}
