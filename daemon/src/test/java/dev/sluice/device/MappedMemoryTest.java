package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class MappedMemoryTest {
  private static final int BYTES = 200_000;

  private final ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES + 64).alignedSlice(64);
  private final MappedMemory memory = new MappedMemory(bytes);

  @Test
  void shouldBeLittleEndianWhateverTheBufferSays() {
    bytes.order(ByteOrder.BIG_ENDIAN);
    memory.storeInt(8, 0x01020304);
    memory.storeLong(16, 0x0102030405060708L);
    memory.storeIntRelease(24, 5);
    assertEquals(4, bytes.get(8));
    assertEquals(8, bytes.get(16));
    assertEquals(5, bytes.get(24));
    assertEquals(0x01020304, memory.loadInt(8));
    assertEquals(0x01020304, memory.loadIntAcquire(8));
    assertEquals(0x0102030405060708L, memory.loadLong(16));
    assertEquals(0x0102030405060708L, memory.loadLongAcquire(16));
    assertEquals(0x01020304, memory.payload().getInt(8));
  }

  @Test
  void shouldThrowOutsideTheArena() {
    int end = bytes.capacity();
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadInt(-4));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadInt(end));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadIntAcquire(end));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadLong(end - 4));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.storeIntRelease(end, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.zero(end - 4, 8));
  }

  @Test
  void shouldZeroExactlyWhatItIsTold() {
    for (int at = 0; at < bytes.capacity(); at++) {
      bytes.put(at, (byte) 1);
    }
    // Longer than one chunk of the zeroing loop.
    memory.zero(5, 150_000);
    for (int at = 0; at < bytes.capacity(); at++) {
      assertEquals(at >= 5 && at < 150_005 ? 0 : 1, bytes.get(at), "byte " + at);
    }
  }

  @Test
  void shouldRefuseTheHeap() {
    assertThrows(IllegalArgumentException.class, () -> new MappedMemory(ByteBuffer.allocate(64)));
  }
}
