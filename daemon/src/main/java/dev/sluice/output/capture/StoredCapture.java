package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files of one capture directory at one moment.
 *
 * @param bytes of all files
 * @param segments sealed or not, oldest first
 * @param modifiedMillis Unix time of the youngest file, indexes of segments aside
 */
record StoredCapture(Path directory, long bytes, List<Segment> segments, long modifiedMillis) {

  /**
   * One segment.
   *
   * @param bytes of its file and its index
   * @param modifiedMillis Unix time of its last write
   */
  record Segment(Path file, int number, long bytes, long modifiedMillis, boolean isSealed) {
    Path index() {
      return file.resolveSibling(CaptureFormat.indexName(number));
    }
  }

  /** The directories of all captures in a directory, by name, which is oldest first. */
  static List<Path> directories(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(directory -> Files.isRegularFile(directory.resolve(CaptureFormat.MANIFEST)))
          .sorted()
          .toList();
    } catch (NoSuchFileException ignored) {
      return List.of(); // Nothing was captured yet.
    }
  }

  static StoredCapture of(Path directory) throws IOException {
    return of(directory, Map.of());
  }

  /**
   * The same without asking for what is known.
   *
   * @param sealed segments as they were found before, by file
   */
  static StoredCapture of(Path directory, Map<Path, Segment> sealed) throws IOException {
    List<Segment> segments = new ArrayList<>();
    List<Path> others = new ArrayList<>();
    Set<Path> indexes = new HashSet<>();
    for (Path file : files(directory)) {
      int number = CaptureFormat.segmentNumber(file);
      if (number < 0) {
        others.add(file);
        continue;
      }
      Segment known = sealed.get(file);
      try {
        Segment segment = known != null ? known : segment(file, number);
        segments.add(segment);
        if (segment.isSealed()) {
          indexes.add(segment.index());
        }
      } catch (NoSuchFileException ignored) {
        // Removed between the two calls.
      }
    }
    segments.sort(Comparator.comparingInt(Segment::number));
    long bytes = 0;
    long modified = 0;
    for (Segment segment : segments) {
      bytes += segment.bytes();
      modified = Math.max(modified, segment.modifiedMillis());
    }
    for (Path file : others) {
      if (!indexes.contains(file)) {
        try {
          BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
          bytes += attributes.size();
          modified = Math.max(modified, attributes.lastModifiedTime().toMillis());
        } catch (NoSuchFileException ignored) {
          // Likewise.
        }
      }
    }
    return new StoredCapture(directory, bytes, segments, modified);
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException ignored) {
      return List.of(); // The whole directory was removed.
    }
  }

  private static Segment segment(Path file, int number) throws IOException {
    long indexBytes = 0;
    boolean isSealed = true;
    try {
      indexBytes = Files.size(file.resolveSibling(CaptureFormat.indexName(number)));
    } catch (NoSuchFileException ignored) {
      isSealed = false;
    }
    // Afterwards: the index comes with the seal, so that the size is the last one.
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new Segment(
        file,
        number,
        attributes.size() + indexBytes,
        attributes.lastModifiedTime().toMillis(),
        isSealed);
  }
}
