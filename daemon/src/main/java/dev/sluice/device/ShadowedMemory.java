package dev.sluice.device;

import dev.sluice.bridge.SharedRegion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Slow device memory with a shadow copy in this process.
 *
 * <p>Plain loads and the payload read the shadow. Acquiring loads update it word by word, and
 * {@link #fetch} updates a range. Every store goes to both at once: a bulk write-back would
 * overwrite concurrent writes of the device.
 *
 * <p>Threads: as for {@link DeviceMemory}. Threads that fetch the same word may race on the shadow,
 * but only with values that the device held; each uses the value it read itself.
 */
abstract class ShadowedMemory implements DeviceMemory {
  static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10);

  // Failure code below those of the runtime.
  private static final int CLOSED = -2;

  private final SharedRegion region;
  // Installed on close, so that a later access throws instead of killing the process.
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

  /** Reads one word from the device. The offset is in range. */
  abstract int readInt(int offset);

  /** Reads one aligned double word from the device. The offset is in range. */
  abstract long readLong(int offset);

  /** Writes one word to the device, after earlier writes are visible to it. */
  abstract void writeInt(int offset, int value);

  /** Writes one aligned double word to the device. */
  abstract void writeLong(int offset, long value);

  /** Copies from the device into the shadow. The range is valid. */
  abstract void read(int offset, int length);

  /** Copies from the shadow to the device. The range is valid. */
  abstract void write(int offset, int length);

  /**
   * Keeps the first nonzero code; of two concurrent ones, either. From then on the device is not
   * accessed: after a reset its addresses may belong to another process, and touching a mapping of
   * a lost device may be fatal.
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

  /** Returns the address of an offset of the shadow in this process. */
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
    int before = (int) INT.get(shadow, offset); // throws if out of range
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
   * Disables access before the memory is released: the device is not accessed again, and later
   * accesses throw instead of raising a signal. No agent may be running.
   */
  void close() {
    note(CLOSED);
    shadow = UNMAPPED;
  }
}
