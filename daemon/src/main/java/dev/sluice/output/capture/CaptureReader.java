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
 * Reads a capture, ended or still being written. Recovers everything before a torn tail; damage in
 * the middle costs only the frames it touches, and {@link #damages} lists what the last pass found.
 * One thread.
 *
 * <p>Memory: a 512 KiB window, more only for larger frames, regardless of the size of the capture.
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
   * @throws CaptureException if the manifest is missing or unreadable
   */
  public static CaptureReader open(Path directory) throws CaptureException {
    return new CaptureReader(directory, ManifestFile.read(directory));
  }

  /** Manifest as of opening the capture. */
  public CaptureManifest manifest() {
    return found.manifest();
  }

  /** Returns whether the manifest is as Sluice wrote it, not edited. */
  public boolean isManifestIntact() {
    return found.isIntact();
  }

  public Path directory() {
    return directory;
  }

  /** Damage that the last {@code forEach} skipped. */
  public List<Damage> damages() {
    return damages.list();
  }

  /** Segments without a footer in the last {@code forEach}: still open, or never closed. */
  public List<String> unsealedSegments() {
    return Collections.unmodifiableList(unsealed);
  }

  /** Returns the numbers of the existing segments, oldest first. */
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

  /** Visits the frames that match, using the index where one exists. */
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
      // After damage, the walk stops at a later frame, which has its own entry.
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
