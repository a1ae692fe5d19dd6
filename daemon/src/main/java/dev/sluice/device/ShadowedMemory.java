package dev.sluice.device;

import dev.sluice.bridge.SharedRegion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Device memory that is slow to read, behind an ordinary copy of it in this process, the shadow.
 *
 * <p>Plain loads and the payload come from the shadow. It is brought up to date by the acquiring
 * loads, word by word, and by {@link #fetch}. Every store goes to both, at once: there is no bulk
 * write-back, which would overwrite what the device wrote meanwhile (abi.md 4.0, 5.2).
 *
 * <p>Thread rule: as of {@link DeviceMemory}. Two threads that fetch the same word write the same
 * shadow word with values that the device really had; each uses the one that it read itself.
 */
abstract class ShadowedMemory implements DeviceMemory {
  static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10);

  // As a code of failure, below those of the runtime.
  private static final int CLOSED = -2;

  private final SharedRegion region;
  // Empty after the end: an access then throws, and does not end the process.
  private static final ByteBuffer UNMAPPED = ByteBuffer.allocateDirect(0);

  private ByteBuffer shadow;
  private volatile int failure;

  /**
   * @param region at least as large as the arena; its owner keeps it mapped
   */
  ShadowedMemory(SharedRegion region) {
    this.region = region;
    this.shadow = region.buffer();
  }

  /** Reads one word from the device. The offset is inside. */
  abstract int readInt(int offset);

  /** Reads one aligned double word from the device. The offset is inside. */
  abstract long readLong(int offset);

  /** Writes one word to the device; earlier writes are visible to it first. */
  abstract void writeInt(int offset, int value);

  /** Writes one aligned double word to the device. */
  abstract void writeLong(int offset, long value);

  /** Copies from the device into the shadow. The range is inside. */
  abstract void read(int offset, int length);

  /** Copies from the shadow to the device. The range is inside. */
  abstract void write(int offset, int length);

  /**
   * Keeps the first code that is not 0; of two at the same moment, either. From then on the device
   * is left alone: after a reset its addresses may belong to another process, and a mapping of a
   * device that is gone may be fatal to touch.
   */
  final void note(int code) {
    if (code != 0 && failure == 0) {
      failure = code;
    }
  }

  @Override
  public final boolean isCopied() {
    return true;
  }

  @Override
  public final int failure() {
    return failure;
  }

  final ByteBuffer shadow() {
    return shadow;
  }

  /** Where this process sees an offset of the shadow. */
  final long shadowAddress(int offset) {
    return region.address() + offset;
  }

  @Override
  public final long sizeBytes() {
    return shadow.capacity();
  }

  @Override
  public final int loadInt(int offset) {
    return (int) INT.get(shadow, offset);
  }

  @Override
  public final long loadLong(int offset) {
    return (long) LONG.get(shadow, offset);
  }

  @Override
  public final int loadIntAcquire(int offset) {
    int before = (int) INT.get(shadow, offset); // throws if outside
    if (failure != 0) {
      return before;
    }
    int value = readInt(offset);
    if (value != before) {
      INT.set(shadow, offset, value);
    }
    return value;
  }

  @Override
  public final long loadLongAcquire(int offset) {
    long before = (long) LONG.get(shadow, offset);
    if (failure != 0) {
      return before;
    }
    long value = readLong(offset);
    if (value != before) {
      LONG.set(shadow, offset, value);
    }
    return value;
  }

  @Override
  public final void storeInt(int offset, int value) {
    INT.set(shadow, offset, value);
    if (failure == 0) {
      writeInt(offset, value);
    }
  }

  @Override
  public final void storeLong(int offset, long value) {
    LONG.set(shadow, offset, value);
    if (failure == 0) {
      writeLong(offset, value);
    }
  }

  @Override
  public final void storeIntRelease(int offset, int value) {
    storeInt(offset, value);
  }

  @Override
  public final void zero(int offset, int length) {
    for (int done = 0; done < length; ) {
      int chunk = Math.min(length - done, ZEROS.capacity());
      shadow.put(offset + done, ZEROS, 0, chunk);
      if (failure == 0) {
        write(offset + done, chunk);
      }
      done += chunk;
    }
  }

  @Override
  public final boolean fetch(int offset, int length) {
    Objects.checkFromIndexSize(offset, length, shadow.capacity());
    if (failure == 0) {
      read(offset, length);
    }
    return failure == 0;
  }

  @Override
  public final ByteBuffer payload() {
    return shadow;
  }

  /**
   * The memory is about to be given back: the device is not touched any more, and every access
   * throws. To be called when no agent is at work; a later access then gets an exception and not a
   * signal.
   */
  void close() {
    note(CLOSED);
    shadow = UNMAPPED;
  }
}
