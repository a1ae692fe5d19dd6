package dev.sluice.bridge;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A small block of memory outside the heap, at an address that native calls can copy to and from.
 * For one thread, or for one reader. Freed once unreachable.
 */
public final class NativeWords {
  private final Memory memory;
  private final ByteBuffer buffer;

  /** Allocates zeroed bytes, aligned to 8. */
  public NativeWords(int bytes) {
    memory = new Memory(bytes);
    memory.clear();
    buffer = memory.getByteBuffer(0, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Address of byte 0 for native calls. */
  public long address() {
    return Pointer.nativeValue(memory);
  }

  /** The same bytes, little endian. */
  public ByteBuffer buffer() {
    return buffer;
  }
}
