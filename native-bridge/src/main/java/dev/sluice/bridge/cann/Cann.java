package dev.sluice.bridge.cann;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * CANN calls for one device, each checked. The device context belongs to a thread: every method
 * sets it for the calling thread where needed, so a thread may serve several devices.
 */
public final class Cann {
  private static final int MEM_ATTR_HBM_HUGE = 4;
  private static final int LOCATION_DEVICE = 1;
  private static final int ACCESS_READ_WRITE = 3;
  private static final int PROBE_BYTES = 64;

  // The device that this class last set for the thread; -1 for none.
  private static final ThreadLocal<int[]> CURRENT = ThreadLocal.withInitial(() -> new int[] {-1});

  private final int device;

  /**
   * @param libraries proof that the calls are bound
   * @param device number in this process, after ASCEND_RT_VISIBLE_DEVICES
   */
  public Cann(CannLibraries libraries, int device) {
    if (!libraries.canAllocate()) {
      throw new IllegalStateException(libraries.problem());
    }
    this.device = device;
  }

  public int device() {
    return device;
  }

  private void enter() throws CannException {
    runtime("rtSetDevice", RuntimeCalls.rtSetDevice(device));
    CURRENT.get()[0] = device;
  }

  /** Allocates device memory; returns its device address. */
  long allocate(long bytes) throws CannException {
    enter();
    try (Memory result = new Memory(Long.BYTES)) {
      result.setLong(0, 0);
      runtime(
          "rtMalloc",
          RuntimeCalls.rtMalloc(
              Pointer.nativeValue(result), bytes, RuntimeCalls.RT_MEMORY_HBM, (short) 0));
      return result.getLong(0);
    }
  }

  void free(long address) throws CannException {
    enter();
    runtime("rtFree", RuntimeCalls.rtFree(address));
  }

  /** Maps device memory into this process; returns the host address. */
  long register(long address, long bytes) throws CannException {
    enter();
    try (Memory result = new Memory(Long.BYTES)) {
      result.setLong(0, 0);
      int code =
          DriverCalls.halHostRegister(
              address, bytes, DriverCalls.DEV_SVM_MAP_HOST, device, Pointer.nativeValue(result));
      long host = result.getLong(0);
      if (code == 0 && host == 0) {
        // The reference checks this too: success without an address is a failure.
        unregister(address);
        code = 7;
      }
      driver("halHostRegister", code);
      return host;
    }
  }

  /**
   * @param address the device address, not the host address
   */
  void unregister(long address) throws CannException {
    enter();
    driver("halHostUnregister", DriverCalls.halHostUnregister(address, device));
  }

  /**
   * Copies between this process and the device, whichever device the thread used last. Hot path:
   * allocates nothing, throws nothing.
   *
   * @param isToDevice the direction
   * @return 0, or a code of the runtime
   */
  public int copy(long to, long from, long bytes, boolean isToDevice) {
    int[] current = CURRENT.get();
    if (current[0] != device) {
      int code = RuntimeCalls.rtSetDevice(device);
      if (code != 0) {
        return code;
      }
      current[0] = device;
    }
    return RuntimeCalls.rtMemcpy(
        to,
        bytes,
        from,
        bytes,
        isToDevice ? RuntimeCalls.HOST_TO_DEVICE : RuntimeCalls.DEVICE_TO_HOST);
  }

  /**
   * Checks that the device works: allocates and frees a little memory. Also succeeds on a healthy
   * device after a reset.
   */
  public void probe() throws CannException {
    free(allocate(PROBE_BYTES));
  }

  /**
   * Reads a little of this process's device memory, to check whether it is still accessible.
   *
   * @return 0, or a code of the runtime
   */
  public int touch(long address) {
    try (Memory scratch = new Memory(PROBE_BYTES)) {
      return copy(Pointer.nativeValue(scratch), address, PROBE_BYTES, false);
    }
  }

  /** Returns the failure for a code of {@link #copy}. */
  public CannException copyFailure(int code) {
    return CannException.ofRuntime("rtMemcpy", device, code);
  }

  /** Returns a key by which one process may import the memory. */
  String exportKey(long address, long bytes, int importer) throws CannException {
    enter();
    byte[] key = new byte[AclCalls.KEY_BYTES];
    runtime(
        "aclrtIpcMemGetExportKey",
        AclCalls.aclrtIpcMemGetExportKey(address, bytes, key, key.length, AclCalls.CHECK_PIDS));
    try {
      runtime(
          "aclrtIpcMemSetImportPid",
          AclCalls.aclrtIpcMemSetImportPid(key, new int[] {importer}, 1));
    } catch (CannException e) {
      suppress(e, () -> runtime("aclrtIpcMemClose", AclCalls.aclrtIpcMemClose(key)));
      throw e;
    }
    return text(key);
  }

  void closeKey(String key) throws CannException {
    enter();
    byte[] bytes = Arrays.copyOf(key.getBytes(StandardCharsets.US_ASCII), AclCalls.KEY_BYTES);
    runtime("aclrtIpcMemClose", AclCalls.aclrtIpcMemClose(bytes));
  }

  private static String text(byte[] key) {
    int end = 0;
    while (end < key.length && key[end] != 0) {
      end++;
    }
    return new String(key, 0, end, StandardCharsets.US_ASCII);
  }

  /** Allocates physical memory for the VMM route; returns its handle. */
  long allocatePhysical(long bytes) throws CannException {
    enter();
    // aclrtPhysicalMemProp: handle type, allocation type, attribute, location, padding, reserve.
    int[] property = {
      AclCalls.HANDLE_TYPE_NONE, 0, MEM_ATTR_HBM_HUGE, device, LOCATION_DEVICE, 0, 0, 0
    };
    try (Memory result = new Memory(Long.BYTES)) {
      runtime(
          "aclrtMallocPhysical",
          AclCalls.aclrtMallocPhysical(Pointer.nativeValue(result), bytes, property, 0));
      return result.getLong(0);
    }
  }

  void freePhysical(long handle) throws CannException {
    enter();
    runtime("aclrtFreePhysical", AclCalls.aclrtFreePhysical(handle));
  }

  /** Reserves addresses without memory. */
  long reserve(long bytes) throws CannException {
    enter();
    try (Memory result = new Memory(Long.BYTES)) {
      runtime(
          "aclrtReserveMemAddress",
          AclCalls.aclrtReserveMemAddress(Pointer.nativeValue(result), bytes, 0, 0, 0));
      return result.getLong(0);
    }
  }

  void releaseReserved(long address) throws CannException {
    enter();
    runtime("aclrtReleaseMemAddress", AclCalls.aclrtReleaseMemAddress(address));
  }

  /** Maps physical memory to reserved addresses, for reading and writing by this device. */
  void map(long address, long bytes, long handle) throws CannException {
    enter();
    runtime("aclrtMapMem", AclCalls.aclrtMapMem(address, bytes, 0, handle, 0));
    // aclrtMemAccessDesc: flags, location, 12 reserved bytes.
    int[] description = {ACCESS_READ_WRITE, device, LOCATION_DEVICE, 0, 0, 0};
    try {
      runtime("aclrtMemSetAccess", AclCalls.aclrtMemSetAccess(address, bytes, description, 1));
    } catch (CannException e) {
      suppress(e, () -> unmap(address));
      throw e;
    }
  }

  void unmap(long address) throws CannException {
    enter();
    runtime("aclrtUnmapMem", AclCalls.aclrtUnmapMem(address));
  }

  /** Returns a number by which one process may import physical memory. */
  long export(long handle, int importer) throws CannException {
    enter();
    try (Memory result = new Memory(Long.BYTES)) {
      runtime(
          "aclrtMemExportToShareableHandle",
          AclCalls.aclrtMemExportToShareableHandle(
              handle, AclCalls.HANDLE_TYPE_NONE, AclCalls.CHECK_PIDS, Pointer.nativeValue(result)));
      long shareable = result.getLong(0);
      runtime(
          "aclrtMemSetPidToShareableHandle",
          AclCalls.aclrtMemSetPidToShareableHandle(shareable, new int[] {importer}, 1));
      return shareable;
    }
  }

  private void runtime(String call, int code) throws CannException {
    if (code != 0) {
      throw CannException.ofRuntime(call, device, code);
    }
  }

  private void driver(String call, int code) throws CannException {
    if (code != 0) {
      throw CannException.ofDriver(call, device, code);
    }
  }

  /** One step of a rollback. */
  interface Undo {
    void run() throws CannException;
  }

  /**
   * Rolls back after a failure: a second failure is suppressed in the first, it does not replace
   * it.
   */
  static void suppress(CannException cause, Undo undo) {
    try {
      undo.run();
    } catch (CannException e) {
      cause.addSuppressed(e);
    }
  }
}
