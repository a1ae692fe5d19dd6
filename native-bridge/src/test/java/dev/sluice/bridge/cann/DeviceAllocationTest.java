package dev.sluice.bridge.cann;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.sluice.bridge.cann.DeviceAllocation.Route;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DeviceAllocationTest {
  private static final int IMPORTER = 4711;
  private static final long BYTES = 3 << 20;

  private final Cann cann = new Cann(Standin.libraries(), 3);
  private long liveBefore;

  @BeforeEach
  void startAnew() {
    Standin.reset();
    liveBefore = Standin.live();
  }

  @AfterEach
  void shouldLeaveNothingBehind() {
    assertEquals(liveBefore, Standin.live(), "live ranges and registrations");
    assertEquals(0, Standin.leaked(), "registrations of freed memory");
    Standin.reset();
  }

  @ParameterizedTest
  @EnumSource(Route.class)
  void shouldSeeTheSameBytesThroughTheMappingAndByCopies(Route route) throws CannException {
    try (DeviceAllocation memory = DeviceAllocation.create(cann, route, BYTES, true, IMPORTER);
        Memory scratch = new Memory(64)) {
      assertEquals(4 << 20, memory.bytes());
      assertNotEquals(memory.deviceAddress(), memory.hostAddress());
      ByteBuffer host = memory.hostView();
      host.putLong(4096, 0x1122334455667788L);
      long here = Pointer.nativeValue(scratch);
      assertEquals(0, cann.copy(here, memory.deviceAddress() + 4096, 8, false));
      assertEquals(0x1122334455667788L, scratch.getLong(0));
      scratch.setInt(0, 42);
      assertEquals(0, cann.copy(memory.deviceAddress() + 8192, here, 4, true));
      assertEquals(42, host.getInt(8192));
      assertEquals(route == Route.IPC_KEY, !memory.key().isEmpty());
      assertEquals(route == Route.SHAREABLE_HANDLE, memory.shareable() != 0);
    }
  }

  @Test
  void shouldHaveNoViewOfMemoryThatIsNotMapped() throws CannException {
    try (DeviceAllocation memory =
        DeviceAllocation.create(cann, Route.IPC_KEY, BYTES, false, IMPORTER)) {
      assertEquals(0, memory.hostAddress());
      assertEquals(0, Standin.calls("halHostRegister"));
      assertThrows(IllegalStateException.class, memory::hostView);
    }
  }

  @Test
  void shouldCloseOnce() throws CannException {
    DeviceAllocation memory = DeviceAllocation.create(cann, Route.IPC_KEY, BYTES, true, IMPORTER);
    memory.close();
    memory.close();
    assertEquals(1, Standin.calls("rtFree"));
    assertEquals(1, Standin.calls("halHostUnregister"));
  }

  /** Every step of both routes fails at its first use; nothing may leak. */
  @ParameterizedTest
  @CsvSource({
    "IPC_KEY, rtSetDevice, 107001",
    "IPC_KEY, rtMalloc, 207001",
    "IPC_KEY, halHostRegister, 8",
    "IPC_KEY, aclrtIpcMemGetExportKey, 507899",
    "IPC_KEY, aclrtIpcMemSetImportPid, 107000",
    "SHAREABLE_HANDLE, aclrtMallocPhysical, 207001",
    "SHAREABLE_HANDLE, aclrtReserveMemAddress, 207001",
    "SHAREABLE_HANDLE, aclrtMapMem, 507899",
    "SHAREABLE_HANDLE, aclrtMemSetAccess, 107000",
    "SHAREABLE_HANDLE, halHostRegister, 3",
    "SHAREABLE_HANDLE, aclrtMemExportToShareableHandle, 207000",
    "SHAREABLE_HANDLE, aclrtMemSetPidToShareableHandle, 107000"
  })
  void shouldGiveEverythingBackWhenAStepFails(Route route, String call, int code) {
    Standin.fail(call, 1, code);
    CannException thrown =
        assertThrows(
            CannException.class, () -> DeviceAllocation.create(cann, route, BYTES, true, IMPORTER));
    assertEquals(call, thrown.call());
    assertEquals(code, thrown.code());
    assertEquals(0, thrown.getSuppressed().length);
    assertTrue(
        thrown.getMessage().startsWith(call + " on device 3 returned " + code + " ("),
        thrown.getMessage());
    assertFalse(thrown.getMessage().contains("\n"));
  }

  @Test
  void shouldGiveBackTheRestWhenOneStepOfClosingFails() throws CannException {
    DeviceAllocation memory = DeviceAllocation.create(cann, Route.IPC_KEY, BYTES, true, IMPORTER);
    Standin.fail("aclrtIpcMemClose", 1, 107000);
    assertEquals("aclrtIpcMemClose", assertThrows(CannException.class, memory::close).call());
  }

  @Test
  void shouldNotFindADeviceThatIsNotThere() {
    CannException thrown =
        assertThrows(
            CannException.class,
            () ->
                DeviceAllocation.create(
                    new Cann(Standin.libraries(), 99), Route.IPC_KEY, BYTES, true, IMPORTER));
    assertTrue(thrown.getMessage().contains("ASCEND_RT_VISIBLE_DEVICES"), thrown.getMessage());
  }

  @Test
  void shouldReportWhatACopyReturned() {
    try (Memory scratch = new Memory(8)) {
      int code = cann.copy(Pointer.nativeValue(scratch), 0x1000, 8, false);
      assertEquals(107000, code);
      assertTrue(cann.copyFailure(code).getMessage().startsWith("rtMemcpy on device 3"));
    }
  }
}
