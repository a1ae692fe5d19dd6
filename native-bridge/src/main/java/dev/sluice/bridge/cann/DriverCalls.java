package dev.sluice.bridge.cann;

/** libascend_hal.so by direct mapping. Bound by {@link CannLibraries}. */
final class DriverCalls {
  static final String LIBRARY = "libascend_hal.so";
  static final String[] SYMBOLS = {"halHostRegister", "halHostUnregister"};
  static final int DEV_SVM_MAP_HOST = 2;

  private DriverCalls() {}

  /**
   * @param result address of 8 bytes that receive the host address
   */
  static native int halHostRegister(
      long device, long bytes, int flags, int deviceNumber, long result);

  static native int halHostUnregister(long device, int deviceNumber);
}
