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
 * Files of one capture directory at one moment.
 *
 * @param bytes size of all files
 * @param segments sealed or not, oldest first
 * @param modifiedMillis Unix time of the last write to any file except indexes of sealed segments
 */
record StoredCapture(Path directory, long bytes, List<Segment> segments, long modifiedMillis) {

  /**
   * One segment.
   *
   * @param bytes size of the segment file and its index
   * @param modifiedMillis Unix time of the last write
   */
  record Segment(Path file, int number, long bytes, long modifiedMillis, boolean isSealed) {
    Path index() {
      return file.resolveSibling(CaptureFormat.indexName(number));
    }
  }

  /** Returns the directories of all captures below {@code root} by name, oldest first. */
  static List<Path> directories(Path root) throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      return entries
          .filter(directory -> Files.isRegularFile(directory.resolve(CaptureFormat.MANIFEST)))
          .sorted()
          .toList();
    } catch (NoSuchFileException ignored) {
      return List.of(); // Nothing captured yet.
    }
  }

  static StoredCapture of(Path directory) throws IOException {
    return of(directory, Map.of());
  }

  /**
   * Lists a capture directory without querying known segments again.
   *
   * @param sealed sealed segments found earlier, by file
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
          // As above.
        }
      }
    }
    return new StoredCapture(directory, bytes, segments, modified);
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException ignored) {
      return List.of(); // The whole directory is gone.
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
    // After the index: it is written at the seal, so the size read here is final.
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new Segment(
        file,
        number,
        attributes.size() + indexBytes,
        attributes.lastModifiedTime().toMillis(),
        isSealed);
  }
}
