package dev.sluice.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.jna.Pointer;
import dev.sluice.abi.ReadyEntryLayout;
import dev.sluice.bridge.SharedRegion;
import dev.sluice.testkit.Allocations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Device memory and its shadow; the device is another block of this process's memory. */
class ShadowedMemoryTest {
  private static final int BYTES = 8192;

  private SharedRegion device;
  private SharedRegion shadow;
  private int code;
  private int copies;

  @BeforeEach
  void makeMemory() throws IOException {
    device = region("device");
    shadow = region("shadow");
  }

  private static SharedRegion region(String name) throws IOException {
    return SharedRegion.create(name, BYTES, SharedRegion.Extra.OFF, SharedRegion.Extra.OFF);
  }

  @AfterEach
  void freeMemory() {
    device.close();
    shadow.close();
  }

  private int copy(long to, long from, long bytes, boolean isToDevice) {
    copies++;
    if (code == 0) {
      for (long at = 0; at < bytes; at++) {
        new Pointer(to + at).setByte(0, new Pointer(from + at).getByte(0));
      }
    }
    return code;
  }

  private ShadowedMemory memory(String kind) {
    return switch (kind) {
      case "copied" -> new CopiedMemory(this::copy, device.address(), shadow);
      case "mapped, loads" ->
          new UncachedMemory(device.buffer(), shadow, this::copy, device.address(), false);
      default -> new UncachedMemory(device.buffer(), shadow, this::copy, device.address(), true);
    };
  }

  private ByteBuffer deviceView() {
    return device.buffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, loads", "mapped, copies"})
  void shouldWriteEachStoreThroughAtOnce(String kind) {
    ShadowedMemory memory = memory(kind);
    memory.storeInt(16, 0x01020304);
    memory.storeLong(24, 0x05060708090a0b0cL);
    memory.storeIntRelease(32, 7);
    assertEquals(0x01020304, deviceView().getInt(16));
    assertEquals(0x05060708090a0b0cL, deviceView().getLong(24));
    assertEquals(7, deviceView().getInt(32));
    assertEquals(7, memory.loadInt(32));
  }

  /** Another thread reads the same word and writes its older copy to the shadow last. */
  @Test
  void shouldAnswerWithWhatThisThreadCopied() {
    CopiedMemory memory =
        new CopiedMemory(
            (to, from, bytes, isToDevice) -> {
              int result = copy(to, from, bytes, isToDevice);
              shadow.buffer().order(ByteOrder.LITTLE_ENDIAN).putInt(16, 41);
              shadow.buffer().order(ByteOrder.LITTLE_ENDIAN).putLong(24, 41);
              return result;
            },
            device.address(),
            shadow);
    deviceView().putInt(16, 42);
    deviceView().putLong(24, 42);
    assertEquals(42, memory.loadIntAcquire(16));
    assertEquals(42, memory.loadLongAcquire(24));
    memory.storeInt(16, 43);
    memory.storeLong(24, 43);
    assertEquals(43, deviceView().getInt(16), "nor is it what goes to the device");
    assertEquals(43, deviceView().getLong(24));
  }

  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, loads", "mapped, copies"})
  void shouldThrowAfterTheEndAndTouchNothing(String kind) {
    ShadowedMemory memory = memory(kind);
    memory.close();
    copies = 0;
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadInt(0));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadIntAcquire(0));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.storeIntRelease(0, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.fetch(0, 8));
    assertEquals(0, copies);
  }

  /**
   * A cache line may hold words of both sides: a store must not touch its neighbours (abi.md, Who
   * writes what).
   */
  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, loads", "mapped, copies"})
  void shouldNotOverwriteWhatTheDeviceWroteBeside(String kind) {
    ShadowedMemory memory = memory(kind);
    memory.storeInt(64, 1);
    deviceView().putInt(68, 99);
    memory.storeInt(64, 2);
    memory.storeIntRelease(72, 3);
    assertEquals(99, deviceView().getInt(68));
  }

  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, loads", "mapped, copies"})
  void shouldSeeTheDeviceByAcquireAndAfterFetch(String kind) {
    ShadowedMemory memory = memory(kind);
    deviceView().putInt(128, 5);
    deviceView().putLong(136, 6);
    deviceView().putInt(4000, 7);
    assertEquals(0, memory.loadInt(128));
    assertEquals(5, memory.loadIntAcquire(128));
    assertEquals(6, memory.loadLongAcquire(136));
    assertEquals(5, memory.loadInt(128));
    assertEquals(0, memory.payload().getInt(4000));
    memory.fetch(3968, 64);
    assertEquals(7, memory.payload().getInt(4000));
    assertSame(memory.payload(), memory.payload());
  }

  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, loads", "mapped, copies"})
  void shouldZeroTheDevice(String kind) {
    for (int at = 0; at < BYTES; at++) {
      deviceView().put(at, (byte) 0xA5);
    }
    memory(kind).zero(8, BYTES - 16);
    assertEquals((byte) 0xA5, deviceView().get(7));
    assertEquals(0, deviceView().get(8));
    assertEquals(0, deviceView().get(BYTES - 9));
    assertEquals((byte) 0xA5, deviceView().get(BYTES - 8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, loads", "mapped, copies"})
  void shouldNeverReachOutside(String kind) {
    ShadowedMemory memory = memory(kind);
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadIntAcquire(BYTES));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.loadLongAcquire(BYTES - 4));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.storeInt(-4, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> memory.fetch(BYTES - 32, 64));
    assertEquals(0, copies);
  }

  @Test
  void shouldUseOneWideCopyForPayloadAndNoneForWordsOfAMappedDevice() {
    ShadowedMemory memory = memory("mapped, copies");
    memory.storeInt(0, 1);
    memory.loadIntAcquire(4);
    memory.fetch(64, ReadyEntryLayout.SIZE_BYTES);
    assertEquals(0, copies);
    memory.fetch(1024, 2048);
    assertEquals(1, copies);
  }

  @ParameterizedTest
  @ValueSource(strings = {"copied", "mapped, copies"})
  void shouldKeepTheFirstFailureAndTheLastGoodValue(String kind) {
    ShadowedMemory memory = memory(kind);
    deviceView().putInt(2048, 11);
    memory.fetch(2048, 64);
    assertEquals(0, memory.failure());
    code = 507899;
    deviceView().putInt(2048, 12);
    memory.fetch(2048, 64);
    code = 1;
    memory.fetch(2048, 64);
    assertEquals(507899, memory.failure());
    assertEquals(11, memory.loadInt(2048));
  }

  @Test
  void shouldAllocateNothing() {
    ShadowedMemory memory =
        new CopiedMemory((to, from, bytes, isToDevice) -> 0, device.address(), shadow);
    long bytes =
        Allocations.leastBytesOf(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                memory.storeIntRelease(64, memory.loadIntAcquire(128));
                memory.fetch(1024, 1024);
              }
            });
    assertEquals(0, bytes);
  }
}
