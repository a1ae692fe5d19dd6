package dev.sluice.bridge.cann;

/**
 * libruntime.so by direct mapping. Addresses are plain numbers: this process must never dereference
 * a device address. Bound by {@link CannLibraries} before first use.
 */
final class RuntimeCalls {
  static final String LIBRARY = "libruntime.so";
  static final String[] SYMBOLS = {"rtSetDevice", "rtMalloc", "rtFree", "rtMemcpy"};
  static final int RT_MEMORY_HBM = 0x2;
  static final int HOST_TO_DEVICE = 1;
  static final int DEVICE_TO_HOST = 2;

  private RuntimeCalls() {}

  /** Sets the device of the calling thread. */
  static native int rtSetDevice(int device);

  /**
   * @param result address of 8 bytes that receive the device address
   */
  static native int rtMalloc(long result, long bytes, int memoryType, short moduleId);

  static native int rtFree(long device);

  static native int rtMemcpy(long to, long capacity, long from, long bytes, int direction);
}
