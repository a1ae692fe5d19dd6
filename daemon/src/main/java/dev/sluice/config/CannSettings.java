package dev.sluice.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code sluice.cann}: the vendor's libraries and driver, for placements on a device.
 *
 * @param directory where the libraries are; absent: look in the usual places
 * @param nodes folder of the driver's device nodes
 * @param probeIntervalNanos how often a device is asked whether it is still there, or back
 */
public record CannSettings(
    Optional<Path> directory, Share share, Payload payload, Path nodes, long probeIntervalNanos) {
  /** How the runtime process gets to see device memory that the daemon made. */
  public enum Share {
    /** The first route that works, in the order of this list. */
    AUTO,
    IPC_KEY,
    SHAREABLE_HANDLE
  }

  /** How records come out of device memory that is mapped into the daemon. */
  public enum Payload {
    /** Whichever was faster when the arena was made. */
    AUTO,
    /** By wide loads through the mapping. */
    LOAD,
    /** By the runtime's copy. */
    COPY
  }
}
