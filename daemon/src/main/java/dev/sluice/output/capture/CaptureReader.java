package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Reads a capture, ended or still being written. Everything in front of a torn tail is recovered,
 * and damage in the middle costs the frames that it touches and no more; {@link #damages} says what
 * the last pass met. One thread.
 *
 * <p>Memory: one window of a few MiB, however large the capture is.
 */
public final class CaptureReader implements AutoCloseable {
  private final Path directory;
  private final ManifestFile.Found found;
  private final SegmentWindow window = new SegmentWindow();
  private final Damages damages = new Damages();
  private final List<String> unsealed = new ArrayList<>();

  private CaptureReader(Path directory, ManifestFile.Found found) {
    this.directory = directory;
    this.found = found;
  }

  /**
   * @throws CaptureException if there is no manifest, or one that cannot be understood
   */
  public static CaptureReader open(Path directory) throws CaptureException {
    return new CaptureReader(directory, ManifestFile.read(directory));
  }

  /** As it stood when the capture was opened. */
  public CaptureManifest manifest() {
    return found.manifest();
  }

  /** Whether the manifest is what Sluice wrote; false if it was edited. */
  public boolean isManifestIntact() {
    return found.isIntact();
  }

  public Path directory() {
    return directory;
  }

  /** What the last {@code forEach} had to pass over. */
  public List<Damage> damages() {
    return damages.list();
  }

  /** Segments of the last {@code forEach} without a footer: still open, or never closed. */
  public List<String> unsealedSegments() {
    return Collections.unmodifiableList(unsealed);
  }

  /** Numbers of the segments that are there now, oldest first. */
  public List<Integer> segments() throws IOException {
    return new ArrayList<>(files().keySet());
  }

  /** Visits every frame in the order of writing. */
  public void forEach(FrameVisitor visitor) throws IOException {
    begin();
    for (int number : files().keySet()) {
      withSegment(
          number,
          walk -> {
            for (Frame frame = walk.next(); frame != null; frame = walk.next()) {
              visitor.visit(frame);
            }
            finish(number, walk);
          });
    }
  }

  /** Visits the frames that match, by the index where there is one. */
  public void forEach(FrameFilter filter, FrameVisitor visitor) throws IOException {
    begin();
    for (int number : files().keySet()) {
      SegmentIndex index =
          SegmentIndex.load(
              directory.resolve(CaptureFormat.indexName(number)), manifest().id(), number);
      withSegment(
          number,
          walk -> {
            if (index == null) {
              walk(walk, filter, visitor);
              finish(number, walk);
            } else {
              pick(walk, index, filter, visitor);
              damages.addAll(walk.damages());
            }
          });
    }
  }

  private static void walk(SegmentWalk walk, FrameFilter filter, FrameVisitor visitor)
      throws IOException {
    for (Frame frame = walk.next(); frame != null; frame = walk.next()) {
      if (filter.matches(frame.type(), frame.kind(), frame.instance(), frame.hostTimeNs())) {
        visitor.visit(frame);
      }
    }
  }

  private static void pick(
      SegmentWalk walk, SegmentIndex index, FrameFilter filter, FrameVisitor visitor)
      throws IOException {
    for (int entry = 0; entry < index.entries(); entry++) {
      if (index.type(entry) == FrameType.FOOTER || !index.matches(entry, filter)) {
        continue;
      }
      long offset = index.offset(entry);
      walk.seek(offset);
      Frame frame = walk.next();
      // After damage the walk stands at some later frame, which has its own entry.
      if (frame != null && walk.position() == offset + frame.sizeBytes()) {
        visitor.visit(frame);
      }
    }
  }

  private void begin() {
    damages.clear();
    unsealed.clear();
  }

  private void finish(int number, SegmentWalk walk) {
    damages.addAll(walk.damages());
    if (!walk.isSealed()) {
      unsealed.add(CaptureFormat.segmentName(number));
    }
  }

  private interface WalkUser {
    void use(SegmentWalk walk) throws IOException;
  }

  private void withSegment(int number, WalkUser user) throws IOException {
    String name = CaptureFormat.segmentName(number);
    try (SegmentSource source = SegmentSource.open(directory.resolve(name))) {
      user.use(new SegmentWalk(source, window, name, manifest(), number));
    } catch (NoSuchFileException ignored) {
      damages.add(new Damage(name, -1, "was removed while it was read", false));
    } catch (CaptureException e) {
      damages.add(new Damage(name, -1, e.getMessage(), false));
    }
  }

  private Map<Integer, Path> files() throws IOException {
    Map<Integer, Path> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : (Iterable<Path>) all::iterator) {
        int number = CaptureFormat.segmentNumber(file);
        if (number >= 0) {
          files.put(number, file);
        }
      }
    }
    return files;
  }

  @Override
  public void close() {}
}
