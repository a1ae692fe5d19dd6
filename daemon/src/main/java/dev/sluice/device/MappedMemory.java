package dev.sluice.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory mapped into this process and coherent with its CPUs: the {@code sim} placement and
 * registered host memory. Acquire and release are those of the JVM.
 *
 * <p>Requires a direct buffer: from JDK 25 on, ordered access to a heap buffer throws.
 */
public final class MappedMemory implements DeviceMemory {
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int ZERO_CHUNK_BYTES = 64 << 10;
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(ZERO_CHUNK_BYTES);

  // Installed on close, so that a later access throws instead of killing the process.
  private static final ByteBuffer UNMAPPED = ByteBuffer.allocateDirect(0);

  private ByteBuffer buffer;

  /**
   * @param buffer direct; its owner keeps it mapped until it has called {@link #close}
   */
  public MappedMemory(ByteBuffer buffer) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException("device memory is never on the heap");
    }
    this.buffer = buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public long sizeBytes() {
    return buffer.capacity();
  }

  @Override
  public boolean fetch(int offset, int length) {
    return true; // reads go to the device's own memory
  }

  @Override
  public boolean isCopied() {
    return false;
  }

  @Override
  public int failure() {
    return 0;
  }

  @Override
  public int loadInt(int offset) {
    return (int) INT.get(buffer, offset);
  }

  @Override
  public long loadLong(int offset) {
    return (long) LONG.get(buffer, offset);
  }

  @Override
  public int loadIntAcquire(int offset) {
    return (int) INT.getAcquire(buffer, offset);
  }

  @Override
  public long loadLongAcquire(int offset) {
    return (long) LONG.getAcquire(buffer, offset);
  }

  @Override
  public void storeInt(int offset, int value) {
    INT.set(buffer, offset, value);
  }

  @Override
  public void storeLong(int offset, long value) {
    LONG.set(buffer, offset, value);
  }

  @Override
  public void storeIntRelease(int offset, int value) {
    INT.setRelease(buffer, offset, value);
  }

  @Override
  public void zero(int offset, int length) {
    for (int done = 0; done < length; ) {
      int chunk = Math.min(length - done, ZERO_CHUNK_BYTES);
      buffer.put(offset + done, ZEROS, 0, chunk);
      done += chunk;
    }
  }

  @Override
  public ByteBuffer payload() {
    return buffer;
  }

  /**
   * Disables access before the memory is unmapped: later accesses throw instead of raising a
   * signal. No agent may be running.
   */
  void close() {
    buffer = UNMAPPED;
  }
}
