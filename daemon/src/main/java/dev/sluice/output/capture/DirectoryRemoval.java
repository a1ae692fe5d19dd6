package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Removes a capture directory: its files, the manifest last, then the directory. */
final class DirectoryRemoval {
  private DirectoryRemoval() {}

  static void remove(CaptureFiles files, Path directory) throws IOException {
    List<Path> content;
    try (Stream<Path> all = Files.list(directory)) {
      content = all.toList();
    }
    Path manifest = directory.resolve(CaptureFormat.MANIFEST);
    for (Path file : content) {
      if (!file.equals(manifest)) {
        files.delete(file);
      }
    }
    // Last, since a directory without a manifest is no capture: an interrupted removal is retried.
    files.delete(manifest);
    files.delete(directory);
  }
}
