package dev.sluice.bridge;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A little memory outside the heap at an address that a native call can copy to and from: for one
 * thread, or for one reader. Freed when nothing refers to it any more.
 */
public final class NativeWords {
  private final Memory memory;
  private final ByteBuffer buffer;

  /** Zeros, so many bytes, aligned to 8. */
  public NativeWords(int bytes) {
    memory = new Memory(bytes);
    memory.clear();
    buffer = memory.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Where a native call finds byte 0. */
  public long address() {
    return Pointer.nativeValue(memory);
  }

  /** The same bytes, little endian. */
  public ByteBuffer buffer() {
    return buffer;
  }
}
