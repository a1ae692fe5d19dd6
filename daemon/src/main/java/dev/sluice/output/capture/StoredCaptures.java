package dev.sluice.output.capture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Lists one directory of captures repeatedly. Sealed segments never change, so later calls query
 * the file system only for names and for files that may have changed. Not thread-safe.
 */
final class StoredCaptures {
  private Map<Path, StoredCapture.Segment> sealed = Map.of();

  /**
   * Returns all captures in a directory, by name, so the oldest is first.
   *
   * @param unreadable receives directories that cannot be listed, which the result leaves out
   * @throws IOException if {@code root} itself cannot be listed
   */
  List<StoredCapture> all(Path root, BiConsumer<Path, Exception> unreadable) throws IOException {
    List<StoredCapture> captures = new ArrayList<>();
    Map<Path, StoredCapture.Segment> stillThere = new HashMap<>();
    for (Path directory : StoredCapture.directories(root)) {
      StoredCapture capture;
      try {
        capture = StoredCapture.of(directory, sealed);
      } catch (IOException | UncheckedIOException e) {
        unreadable.accept(directory, e);
        continue;
      }
      captures.add(capture);
      for (StoredCapture.Segment segment : capture.segments()) {
        if (segment.isSealed()) {
          stillThere.put(segment.file(), segment);
        }
      }
    }
    sealed = stillThere;
    return captures;
  }
}
