package dev.sluice.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.LastErrorException;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import dev.sluice.bridge.SharedRegion.Extra;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SharedRegionTest {
  private static SharedRegion region(long bytes) throws IOException {
    return SharedRegion.create("sluice-test", bytes, Extra.OFF, Extra.OFF);
  }

  @Test
  void shouldGiveZeroedLittleEndianPages() throws IOException {
    try (SharedRegion region = region(5_000)) {
      ByteBuffer buffer = region.buffer();
      assertEquals(8_192, region.bytes());
      assertEquals(8_192, buffer.capacity());
      assertEquals(ByteOrder.LITTLE_ENDIAN, buffer.order());
      assertTrue(buffer.isDirect());
      assertEquals(0, region.address() % 4_096);
      for (int at = 0; at < buffer.capacity(); at += 8) {
        assertEquals(0, buffer.getLong(at));
      }
      assertFalse(region.hasHugePages());
      assertFalse(region.isLocked());
      assertEquals("", region.notice());
    }
  }

  @Test
  void shouldShowTheSameMemoryToWhoeverMapsTheDescriptor() throws IOException {
    try (SharedRegion region = region(4_096)) {
      Pointer other =
          LibC.mmap(
              null,
              new NativeLong(4_096),
              LibC.PROT_READ_WRITE,
              LibC.MAP_SHARED,
              region.fd(),
              new NativeLong(0));
      region.buffer().putInt(128, 0x01020304);
      assertEquals(0x01020304, other.getInt(128));
      other.setInt(256, 42);
      assertEquals(42, region.buffer().getInt(256));
      LibC.munmap(other, new NativeLong(4_096));
    }
  }

  @Test
  void shouldSealItsSize() throws IOException {
    try (SharedRegion region = region(8_192)) {
      assertThrows(
          LastErrorException.class, () -> LibC.ftruncate(region.fd(), new NativeLong(4_096)));
      assertThrows(
          LastErrorException.class, () -> LibC.ftruncate(region.fd(), new NativeLong(16_384)));
      assertThrows(
          LastErrorException.class,
          () -> LibC.fcntl(region.fd(), LibC.F_ADD_SEALS, new NativeLong(0)));
    }
  }

  @Test
  void shouldCloseOnceAndAnswerAfterwards() throws IOException {
    long before = openRegions();
    SharedRegion region = region(4_096);
    assertEquals(before + 1, openRegions());
    region.close();
    region.close();
    assertEquals(before, openRegions());
    assertEquals(-1, region.fd());
    assertEquals(4_096, region.bytes());
    assertThrows(IllegalStateException.class, region::buffer);
  }

  /** Counts this process's descriptors of regions made by these tests. */
  private static long openRegions() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.filter(SharedRegionTest::isRegion).count();
    }
  }

  private static boolean isRegion(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("memfd:sluice-test");
    } catch (IOException ignored) {
      // Another thread has closed it in the meantime.
      return false;
    }
  }

  @Test
  void shouldRefuseSizesThatOneBufferCannotShow() {
    for (long bytes : new long[] {0, -1, SharedRegion.MAX_BYTES + 1, Long.MAX_VALUE}) {
      String message = assertThrows(IOException.class, () -> region(bytes)).getMessage();
      assertTrue(message.contains(bytes + " bytes is not from 1 to "), message);
    }
  }

  @Test
  void shouldSayWhatItCouldNotHave() throws IOException {
    try (SharedRegion region = SharedRegion.create("sluice-test", 4_096, Extra.TRY, Extra.TRY)) {
      assertEquals(region.hasHugePages(), !region.notice().contains("no free huge pages"));
      assertEquals(region.isLocked(), !region.notice().contains("memory not locked"));
    }
  }

  @Test
  void shouldLeaveNothingBehindWhenItCannotHaveWhatIsRequired() throws IOException {
    long before = openRegions();
    try (SharedRegion region =
        SharedRegion.create("sluice-test", 4_096, Extra.REQUIRE, Extra.OFF)) {
      assertTrue(region.hasHugePages());
    } catch (IOException e) {
      assertTrue(e.getMessage().contains("bytes of shared memory"), e.getMessage());
    }
    assertEquals(before, openRegions());
  }
}
