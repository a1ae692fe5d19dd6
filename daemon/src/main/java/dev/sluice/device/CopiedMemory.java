package dev.sluice.device;

import dev.sluice.bridge.SharedRegion;

/**
 * The {@code device-copied} placement (a5): device memory without a mapping. Control words move by
 * copies of 4 and 8 bytes, an entry by one of 32, a buffer by one wide copy (abi.md 5.1, 5.3).
 *
 * <p>A copy is synchronous: when it returns, the device sees what was written, in the order of the
 * calls. One that fails leaves the shadow as it is and is kept in {@link #failure}; the session is
 * then ended by the janitor.
 */
public final class CopiedMemory extends ShadowedMemory {
  /** The runtime's copy. Called on the hot path: allocates nothing, throws nothing. */
  @FunctionalInterface
  public interface Copies {
    /** Returns 0 or a code of the runtime. */
    int copy(long to, long from, long bytes, boolean isToDevice);
  }

  private final Copies copies;
  private final long deviceAddress;

  /**
   * @param deviceAddress of arena byte 0, as this process names it
   * @param shadow at least as large as the arena
   */
  public CopiedMemory(Copies copies, long deviceAddress, SharedRegion shadow) {
    super(shadow);
    this.copies = copies;
    this.deviceAddress = deviceAddress;
  }

  @Override
  int readInt(int offset) {
    read(offset, Integer.BYTES);
    return loadInt(offset);
  }

  @Override
  long readLong(int offset) {
    read(offset, Long.BYTES);
    return loadLong(offset);
  }

  @Override
  void writeInt(int offset, int value) {
    write(offset, Integer.BYTES);
  }

  @Override
  void writeLong(int offset, long value) {
    write(offset, Long.BYTES);
  }

  @Override
  void read(int offset, int length) {
    note(copies.copy(shadowAddress(offset), deviceAddress + offset, length, false));
  }

  @Override
  void write(int offset, int length) {
    note(copies.copy(deviceAddress + offset, shadowAddress(offset), length, true));
  }
}
