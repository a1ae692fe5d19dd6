package dev.sluice.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * {@code sluice.cann}: the vendor's libraries and driver, for placements on a device.
 *
 * @param directory directory of the libraries; empty searches the usual places
 * @param nodes folder of the driver's device nodes
 * @param probeIntervalNanos interval of checks whether a device is present, or back
 */
public record CannSettings(
    Optional<Path> directory, Share share, Payload payload, Path nodes, long probeIntervalNanos) {
  /** How the runtime process maps device memory that the daemon allocated. */
  public enum Share {
    /** The first route that works, in declaration order. */
    AUTO,
    IPC_KEY,
    SHAREABLE_HANDLE
  }

  /** How records are read from device memory that is mapped into the daemon. */
  public enum Payload {
    /** The faster method, measured when the arena is created. */
    AUTO,
    /** Wide loads through the mapping. */
    LOAD,
    /** The runtime's copy function. */
    COPY
  }
}
