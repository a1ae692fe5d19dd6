package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The {@value #MAX_OPEN} most recently used segments of a random-access reader. One thread. */
final class OpenSegments implements AutoCloseable {
  private static final int MAX_OPEN = 16;

  private final Path directory;
  private final Map<Integer, SegmentSource> open = new LinkedHashMap<>(16, 0.75f, true);

  OpenSegments(Path directory) {
    this.directory = directory;
  }

  SegmentSource get(int number) throws IOException {
    SegmentSource known = open.get(number);
    if (known != null) {
      return known;
    }
    SegmentSource source = SegmentSource.open(directory.resolve(CaptureFormat.segmentName(number)));
    open.put(number, source);
    if (open.size() > MAX_OPEN) {
      int eldest = open.keySet().iterator().next();
      open.remove(eldest).close();
    }
    return source;
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (SegmentSource source : open.values()) {
      try {
        source.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    open.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
