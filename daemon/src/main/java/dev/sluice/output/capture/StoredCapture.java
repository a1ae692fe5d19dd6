package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The files of one capture directory at one moment.
 *
 * @param bytes of all files
 * @param segments sealed or not, oldest first
 * @param modifiedMillis Unix time of the youngest file
 */
record StoredCapture(Path directory, long bytes, List<Segment> segments, long modifiedMillis) {

  /**
   * One segment.
   *
   * @param bytes of its file and its index
   * @param modifiedMillis Unix time of its last write
   */
  record Segment(
      Path file,
      int number,
      long bytes,
      long modifiedMillis,
      boolean isCompressed,
      boolean isSealed) {
    Path index() {
      return file.resolveSibling(CaptureFormat.indexName(number));
    }
  }

  /** All captures in a directory, by name, which is oldest first. */
  static List<StoredCapture> all(Path root) throws IOException {
    List<StoredCapture> captures = new ArrayList<>();
    for (Path directory : directories(root)) {
      captures.add(of(directory));
    }
    return captures;
  }

  /** The directories of all captures in a directory, by name. */
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
    List<Segment> segments = new ArrayList<>();
    long bytes = 0;
    long modified = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        try {
          BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
          bytes += attributes.size();
          modified = Math.max(modified, attributes.lastModifiedTime().toMillis());
          int number = CaptureFormat.segmentNumber(file);
          if (number >= 0) {
            segments.add(segment(file, number, attributes));
          }
        } catch (NoSuchFileException ignored) {
          // Removed or renamed between the two calls: it is not here any more.
        }
      }
    } catch (NoSuchFileException ignored) {
      // Likewise, the whole directory.
    }
    segments.sort(Comparator.comparingInt(Segment::number));
    return new StoredCapture(directory, bytes, segments, modified);
  }

  private static Segment segment(Path file, int number, BasicFileAttributes attributes)
      throws IOException {
    Path index = file.resolveSibling(CaptureFormat.indexName(number));
    boolean isSealed = Files.exists(index);
    return new Segment(
        file,
        number,
        attributes.size() + (isSealed ? Files.size(index) : 0),
        attributes.lastModifiedTime().toMillis(),
        CaptureFormat.isCompressed(file),
        isSealed);
  }
}
