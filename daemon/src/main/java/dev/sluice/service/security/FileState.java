package dev.sluice.service.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Detects changes of a file without reading it. A file replaced by a rename, or behind a changed
 * link, counts as changed.
 *
 * @param key device and inode; empty if there is no such file
 */
record FileState(Path path, long modifiedNanos, long bytes, String key) {
  static FileState of(Path path) {
    try {
      BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
      return new FileState(
          path,
          now.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
          now.size(),
          String.valueOf(now.fileKey()));
    } catch (IOException e) {
      return new FileState(path, 0, 0, "");
    }
  }

  boolean hasChanged() {
    return !equals(of(path));
  }
}
