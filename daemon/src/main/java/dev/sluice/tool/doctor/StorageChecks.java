package dev.sluice.tool.doctor;

import dev.sluice.config.CaptureSettings;
import dev.sluice.config.IoReason;
import dev.sluice.config.Quantities;
import dev.sluice.output.capture.DiskProbe;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks the directories of captures and sockets. */
final class StorageChecks {
  private static final long SMALL_SHM_BYTES = 64L << 20;
  private static final long PROBE_NANOS = 1_000_000_000;
  private static final long LEAST_PROBE_BYTES = 16L << 20;
  private static final long MAX_PROBE_BYTES = 4L << 30;

  private StorageChecks() {}

  static Finding captures(CaptureSettings capture) {
    if (!capture.enabled()) {
      return Finding.ok("captures", "off (sluice.capture.enabled = false)");
    }
    Path folder = nearestExisting(capture.directory());
    String where = capture.directory().toString();
    if (!Files.isWritable(folder)) {
      return Finding.bad(
          "captures",
          where + " cannot be written by this user",
          "chown it to the user of the service, or set sluice.capture.directory");
    }
    try {
      FileStore store = Files.getFileStore(folder);
      long free = store.getUsableSpace();
      String found = where + " on " + store.type() + ", " + Quantities.formatBytes(free) + " free";
      long least = capture.retention().freeSpaceFloor() + 4 * capture.segmentBytes();
      if (free < least) {
        return Finding.bad(
            "captures",
            found + ", " + Quantities.formatBytes(least) + " are needed to start",
            "free space, or lower sluice.capture.free-space-floor");
      }
      if (store.type().equals("tmpfs") && capture.retention().bytes() > free / 2) {
        return Finding.warn(
            "captures",
            found + ": captures would fill memory",
            "lower sluice.capture.retention-bytes");
      }
      return Finding.ok("captures", found);
    } catch (IOException e) {
      return Finding.bad("captures", where + ": " + IoReason.of(e), "check the file system");
    }
  }

  /** Compares how long a device waits for a disk with what runtimes tolerate. */
  static Finding stallLimit(CaptureSettings capture) {
    String found =
        capture.overload() == CaptureSettings.Overload.WAIT
            ? "a disk may stall for " + Quantities.formatNanos(capture.stallLimitNanos())
            : "no device waits for the disk (sluice.capture.overload = discard)";
    return Finding.ok(
        "stall-limit",
        found
            + "; runtimes from chip-2026.08 on fail after 500 ms without progress: if a client"
            + " declares this limit (patience_ms), a stalled disk is given up after half of it");
  }

  /** Writes like a capture for about a second, into at most half of the free space. */
  static Finding rate(CaptureSettings capture) {
    Path folder = nearestExisting(capture.directory());
    if (!capture.enabled() || !Files.isWritable(folder)) {
      return Finding.ok("capture-disk", "not measured");
    }
    try {
      FileStore store = Files.getFileStore(folder);
      long room = (store.getUsableSpace() - capture.retention().freeSpaceFloor()) / 2;
      if (room < LEAST_PROBE_BYTES) {
        return Finding.ok("capture-disk", "not measured: no room");
      }
      DiskProbe probe = DiskProbe.of(folder, PROBE_NANOS, Math.min(room, MAX_PROBE_BYTES));
      String found =
          folder
              + " on "
              + store.type()
              + " takes "
              + Quantities.formatRate(probe.bytesPerSecond());
      if (!probe.refusal().isEmpty()) {
        return Finding.warn(
            "capture-disk",
            found + " through the page cache; direct I/O refused: " + probe.refusal(),
            "a local disk supports direct I/O, which costs less CPU time per byte");
      }
      return Finding.ok("capture-disk", found + " with direct I/O");
    } catch (IOException e) {
      return Finding.bad("capture-disk", folder + ": " + IoReason.of(e), "check the file system");
    }
  }

  static Finding socket(String check, Path socket) {
    Path folder = socket.toAbsolutePath().getParent();
    if (Files.isDirectory(folder) && Files.isWritable(folder)) {
      return Finding.ok(check, socket.toString());
    }
    boolean canBeMade = Files.isWritable(nearestExisting(folder));
    return canBeMade
        ? Finding.ok(check, socket + " (its directory will be created)")
        : Finding.bad(
            check,
            socket + ": " + folder + " cannot be written by this user",
            "RuntimeDirectory= in the service creates it; otherwise mkdir and chown");
  }

  static Finding sharedMemory(HostFiles host) {
    Path shm = host.path("/dev/shm");
    try {
      long bytes = Files.getFileStore(shm).getTotalSpace();
      String found = "/dev/shm holds " + Quantities.formatBytes(bytes);
      // Arenas are memfds and do not use /dev/shm; tools and captures may.
      return bytes <= SMALL_SHM_BYTES
          ? Finding.warn(
              "dev-shm",
              found + ", a container's default",
              "--shm-size, or an emptyDir of medium Memory")
          : Finding.ok("dev-shm", found);
    } catch (IOException e) {
      return Finding.warn("dev-shm", "/dev/shm: " + e.getMessage(), "mount a tmpfs there");
    }
  }

  private static Path nearestExisting(Path path) {
    Path at = path.toAbsolutePath();
    while (!Files.exists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }
}
