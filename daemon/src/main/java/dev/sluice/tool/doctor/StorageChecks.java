package dev.sluice.tool.doctor;

import dev.sluice.config.CaptureSettings;
import dev.sluice.config.Quantities;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where captures and sockets go. */
final class StorageChecks {
  private static final long SMALL_SHM_BYTES = 64L << 20;

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
      return Finding.bad("captures", where + ": " + e.getMessage(), "check the file system");
    }
  }

  static Finding socket(String check, Path socket) {
    Path folder = socket.toAbsolutePath().getParent();
    if (Files.isDirectory(folder) && Files.isWritable(folder)) {
      return Finding.ok(check, socket.toString());
    }
    boolean canBeMade = Files.isWritable(nearestExisting(folder));
    return canBeMade
        ? Finding.ok(check, socket + " (its folder will be made)")
        : Finding.bad(
            check,
            socket + ": " + folder + " cannot be written by this user",
            "RuntimeDirectory= in the service makes it; else mkdir and chown");
  }

  static Finding sharedMemory(HostFiles host) {
    Path shm = host.path("/dev/shm");
    try {
      long bytes = Files.getFileStore(shm).getTotalSpace();
      String found = "/dev/shm holds " + Quantities.formatBytes(bytes);
      // Arenas are memfds and do not come from there; tools and captures may.
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
