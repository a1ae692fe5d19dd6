package dev.sluice.abi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * One moment by the clocks of a host. The monotonic clock is common to all processes until the host
 * reboots; the wall clock compares hosts, and may be set in between.
 *
 * @param monotonicNs CLOCK_MONOTONIC
 * @param realtimeNs CLOCK_REALTIME, since 1970
 * @param bootId boot that the monotonic clock counts from; empty if unknown
 */
public record HostTime(long monotonicNs, long realtimeNs, String bootId) {
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final String BOOT_ID = readBootId();

  /** Returns the current moment by the clocks of this process. */
  public static HostTime now() {
    Instant now = Instant.now();
    return new HostTime(
        System.nanoTime(), now.getEpochSecond() * NANOS_PER_SECOND + now.getNano(), BOOT_ID);
  }

  private static String readBootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException ignored) {
      // Times of this host can then be compared by the wall clock only.
      return "";
    }
  }
}
