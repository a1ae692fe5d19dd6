package dev.sluice.device;

import dev.sluice.bridge.NativeWords;
import dev.sluice.bridge.SharedRegion;

/**
 * The {@code device-copied} placement (a5): device memory without a mapping. Control words are
 * copied 4 or 8 bytes at a time, an entry as 32 bytes, a buffer with one wide copy.
 *
 * <p>Copies are synchronous: after the call the device sees what was written, in call order. A
 * failed copy leaves the shadow unchanged and sets {@link #failure}; the janitor then ends the
 * session.
 */
public final class CopiedMemory extends ShadowedMemory {
  /** Copy call of the vendor runtime. Used on the hot path: must not allocate or throw. */
  @FunctionalInterface
  public interface Copies {
    /** Returns 0 or an error code of the runtime. */
    int copy(long to, long from, long bytes, boolean isToDevice);
  }

  // Per-thread buffer for one word in transit: in the shadow, another thread could overwrite it
  // before it is read or sent.
  private static final ThreadLocal<NativeWords> SCRATCH =
      ThreadLocal.withInitial(() -> new NativeWords(Long.BYTES));

  private final Copies copies;
  private final long deviceAddress;

  /**
   * @param deviceAddress of arena byte 0, in this process's numbering
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
