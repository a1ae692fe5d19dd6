package dev.sluice.device;

import dev.sluice.bridge.NativeWords;
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

  // A word on its way, of each thread its own: in the shadow another thread could change it before
  // it is read, or before it is sent.
  private static final ThreadLocal<NativeWords> SCRATCH =
      ThreadLocal.withInitial(() -> new NativeWords(Long.BYTES));

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
    NativeWords scratch = SCRATCH.get();
    int code = copies.copy(scratch.address(), deviceAddress + offset, Integer.BYTES, false);
    note(code);
    return code == 0 ? (int) INT.get(scratch.buffer(), 0) : loadInt(offset);
  }

  @Override
  long readLong(int offset) {
    NativeWords scratch = SCRATCH.get();
    int code = copies.copy(scratch.address(), deviceAddress + offset, Long.BYTES, false);
    note(code);
    return code == 0 ? (long) LONG.get(scratch.buffer(), 0) : loadLong(offset);
  }

  @Override
  void writeInt(int offset, int value) {
    NativeWords scratch = SCRATCH.get();
    INT.set(scratch.buffer(), 0, value);
    note(copies.copy(deviceAddress + offset, scratch.address(), Integer.BYTES, true));
  }

  @Override
  void writeLong(int offset, long value) {
    NativeWords scratch = SCRATCH.get();
    LONG.set(scratch.buffer(), 0, value);
    note(copies.copy(deviceAddress + offset, scratch.address(), Long.BYTES, true));
  }

  @Override
  public ControlWords words(int offset, int length) {
    NativeWords words = new NativeWords(length);
    return new ControlWords() {
      @Override
      public boolean refresh() {
        if (failure() == 0) {
          note(copies.copy(words.address(), deviceAddress + offset, length, false));
        }
        return failure() == 0;
      }

      @Override
      public boolean isLive() {
        return false;
      }

      @Override
      public int loadIntAcquire(int at) {
        return (int) INT.get(words.buffer(), at - offset);
      }

      @Override
      public long loadLongAcquire(int at) {
        return (long) LONG.get(words.buffer(), at - offset);
      }
    };
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
