package dev.sluice.device;

/**
 * What the client needs to map an arena. Exactly one route is set.
 *
 * @param fd of an arena in host memory; -1 for device memory
 * @param key of {@code aclrtIpcMem*}; empty if another route is used
 * @param shareable handle of the VMM calls; 0 if another route is used
 * @param device in the daemon's numbering
 */
public record Handover(int fd, String key, long shareable, int device) {
  /** Returns the name of the route, for display and scripts. */
  public String route() {
    return fd >= 0 ? "memfd" : key.isEmpty() ? "shareable-handle" : "ipc-key";
  }

  static Handover ofDescriptor(int fd, int device) {
    return new Handover(fd, "", 0, device);
  }
}
