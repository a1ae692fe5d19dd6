package dev.sluice.device;

/**
 * What the runtime process needs to get hold of an arena (abi.md 5.5). One of the parts is set.
 *
 * @param fd of an arena in the daemon's memory; -1 if it is the device's
 * @param key of {@code aclrtIpcMem*}; empty if another route is taken
 * @param shareable number of the VMM calls; 0 if another route is taken
 * @param device as the daemon numbers it
 */
public record Handover(int fd, String key, long shareable, int device) {
  /** How the other process gets to see the memory, for people and scripts. */
  public String route() {
    return fd >= 0 ? "memfd" : key.isEmpty() ? "shareable-handle" : "ipc-key";
  }

  static Handover ofDescriptor(int fd, int device) {
    return new Handover(fd, "", 0, device);
  }
}
