package dev.sluice.bridge.cann;

/**
 * Meaning of a return code, with advice. The runtime and ACL share one numbering, the driver has
 * its own.
 *
 * @param name as in the vendor's headers, or {@code unknown}
 */
public record CannCode(String name, String meaning, String advice) {
  private static final String BUSY = "DRV_ERROR_BUSY";
  private static final CannCode UNKNOWN_RUNTIME =
      new CannCode("unknown", "an unlisted code", "look it up in the vendor's runtime codes");
  private static final CannCode UNKNOWN_DRIVER =
      new CannCode("unknown", "an unlisted code", "look it up in the driver's drvError codes");

  /** Describes a code of libruntime or libascendcl. */
  public static CannCode ofRuntime(int code) {
    return switch (code) {
      case 0 -> new CannCode("ACL_SUCCESS", "success", "");
      case 107000 ->
          new CannCode(
              "ACL_ERROR_RT_PARAM_INVALID",
              "a parameter was refused",
              "check that the CANN version is one that docs/integrating-a-runtime.md names");
      case 107001 ->
          new CannCode(
              "ACL_ERROR_RT_INVALID_DEVICEID",
              "no such device for this process",
              "ASCEND_RT_VISIBLE_DEVICES renumbers devices: give the number as this process sees"
                  + " it");
      case 107002 ->
          new CannCode(
              "ACL_ERROR_RT_CONTEXT_NULL",
              "the calling thread has not set its device",
              "a defect of Sluice: please report it with the log");
      case 207000 ->
          new CannCode(
              "ACL_ERROR_RT_FEATURE_NOT_SUPPORT",
              "the board or driver does not support this",
              "choose another placement (sluice.placement.devices)");
      case 207001 ->
          new CannCode(
              "ACL_ERROR_RT_MEMORY_ALLOCATION",
              "no memory, or no registration resource, is left on the device",
              "free device memory, or make the arena smaller (sluice.arena.bytes)");
      case 507000 ->
          new CannCode(
              "ACL_ERROR_RT_INTERNAL_ERROR",
              "an internal error of the runtime, or an AICore exception",
              "read the device log; the device may need a reset");
      case 507018 ->
          new CannCode(
              "ACL_ERROR_RT_AICPU_EXCEPTION",
              "an AICPU exception or timeout",
              "read the device log of the workload");
      case 507899 ->
          new CannCode(
              "ACL_ERROR_RT_DRV_INTERNAL_ERROR",
              "the driver failed, or sharing by key is not possible on this board",
              "on PCIe boxes without HCCS use the host placement or shareable handles; otherwise"
                  + " the card may need a reset");
      default -> UNKNOWN_RUNTIME;
    };
  }

  /** Describes a code of libascend_hal. */
  public static CannCode ofDriver(int code) {
    return switch (code) {
      case 0 -> new CannCode("DRV_ERROR_NONE", "success", "");
      case 1 ->
          new CannCode(
              "DRV_ERROR_NO_DEVICE", "no device", "check that the driver sees the card (npu-smi)");
      case 2 ->
          new CannCode(
              "DRV_ERROR_INVALID_DEVICE",
              "no such device",
              "check the number, and the device nodes /dev/davinci*");
      case 3 ->
          new CannCode(
              "DRV_ERROR_INVALID_VALUE",
              "a value was refused: this board may not map device memory into the host",
              "use the device-copied or host placement");
      case 4 ->
          new CannCode(
              "DRV_ERROR_INVALID_HANDLE", "an invalid handle", "the device may have been reset");
      case 6 ->
          new CannCode(
              "DRV_ERROR_OUT_OF_MEMORY",
              "out of memory",
              "free memory, or make the arena smaller (sluice.arena.bytes)");
      case 7 ->
          new CannCode("DRV_ERROR_INNER_ERR", "an internal driver error", "read the driver log");
      case 8 ->
          new CannCode(
              "DRV_ERROR_PARA_ERROR",
              "the range is registered already: a registration was leaked",
              "end the process that leaked it, or reset the device");
      case 9 ->
          new CannCode(
              "DRV_ERROR_UNINIT", "the driver is not initialised", "check the driver service");
      case 13 -> new CannCode(BUSY, "the device is busy", "try again when it is idle");
      case 14 ->
          new CannCode(
              "DRV_ERROR_NO_RESOURCES", "no resources are left", "end other users of the device");
      case 16 ->
          new CannCode("DRV_ERROR_WAIT_TIMEOUT", "a timeout", "the device may hang: read its log");
      default -> UNKNOWN_DRIVER;
    };
  }

  /** Whether the condition is temporary. */
  boolean isBusy() {
    return name.equals(BUSY);
  }
}
