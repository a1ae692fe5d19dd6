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
 * What is in a directory of captures, the same one each time, for a caller that asks again with
 * each segment that is closed: after the first time the file system is asked only for names and for
 * what may have changed, which a sealed segment never does. Not thread-safe.
 */
final class StoredCaptures {
  private Map<Path, StoredCapture.Segment> sealed = Map.of();

  /**
   * All captures in a directory, by name, which is oldest first.
   *
   * @param unreadable takes what cannot be listed, which the answer leaves out
   * @throws IOException if the directory itself cannot be listed
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
