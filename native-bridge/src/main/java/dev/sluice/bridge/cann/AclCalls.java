package dev.sluice.bridge.cann;

/**
 * libascendcl.so by direct mapping: sharing device memory with another process. Bound by {@link
 * CannLibraries}.
 */
final class AclCalls {
  static final String LIBRARY = "libascendcl.so";
  static final String[] SYMBOLS = {
    "aclrtIpcMemGetExportKey",
    "aclrtIpcMemSetImportPid",
    "aclrtIpcMemClose",
    "aclrtMallocPhysical",
    "aclrtFreePhysical",
    "aclrtMemExportToShareableHandle",
    "aclrtMemSetPidToShareableHandle",
    "aclrtReserveMemAddress",
    "aclrtReleaseMemAddress",
    "aclrtMapMem",
    "aclrtUnmapMem",
    "aclrtMemSetAccess"
  };
  static final int KEY_BYTES = 65;
  static final long CHECK_PIDS = 0;
  static final int HANDLE_TYPE_NONE = 0;

  private AclCalls() {}

  static native int aclrtIpcMemGetExportKey(
      long device, long bytes, byte[] key, long keyBytes, long flags);

  static native int aclrtIpcMemSetImportPid(byte[] key, int[] pids, long count);

  static native int aclrtIpcMemClose(byte[] key);

  static native int aclrtMallocPhysical(long result, long bytes, int[] property, long flags);

  static native int aclrtFreePhysical(long handle);

  static native int aclrtMemExportToShareableHandle(
      long handle, int handleType, long flags, long result);

  static native int aclrtMemSetPidToShareableHandle(long shareable, int[] pids, long count);

  static native int aclrtReserveMemAddress(
      long result, long bytes, long alignment, long expected, long flags);

  static native int aclrtReleaseMemAddress(long address);

  static native int aclrtMapMem(long address, long bytes, long offset, long handle, long flags);

  static native int aclrtUnmapMem(long address);

  static native int aclrtMemSetAccess(long address, long bytes, int[] description, long count);
}
