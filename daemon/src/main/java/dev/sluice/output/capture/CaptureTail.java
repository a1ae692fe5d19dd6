package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Follows a capture while it is written: each call visits the frames written since the last one.
 * Retention may remove segments before they are visited; {@link #missedSegments} counts them. One
 * thread.
 */
public final class CaptureTail implements AutoCloseable {
  private final Path directory;
  private final CaptureManifest manifest;
  private final SegmentWindow window = new SegmentWindow();
  private SegmentSource source;
  private SegmentWalk walk;
  private int segment = -1;
  private long missedSegments;

  private CaptureTail(Path directory, CaptureManifest manifest) {
    this.directory = directory;
    this.manifest = manifest;
  }

  /** Starts before the oldest frame that still exists. */
  public static CaptureTail open(Path directory) throws CaptureException {
    return new CaptureTail(directory, ManifestFile.read(directory).manifest());
  }

  /**
   * Visits new frames.
   *
   * @return number of frames visited
   */
  public long poll(FrameVisitor visitor) throws IOException {
    long frames = 0;
    if (walk != null) {
      walk.resume();
    }
    while (walk != null || openNext()) {
      for (Frame frame = walk.next(); frame != null; frame = walk.next()) {
        visitor.visit(frame);
        frames++;
      }
      // If a later segment exists, an unsealed one was given up by its writer and will not grow.
      if (!walk.isSealed() && nextSegment() < 0) {
        return frames;
      }
      closeSegment();
    }
    return frames;
  }

  /** Returns whether the manifest has its final form, so that no more frames will follow. */
  public boolean isEnded() throws CaptureException {
    return ManifestFile.read(directory).manifest().outcome().isEnded();
  }

  /** Segments removed before they could be visited. */
  public long missedSegments() {
    return missedSegments;
  }

  private boolean openNext() throws IOException {
    int next = nextSegment();
    if (next < 0) {
      return false;
    }
    for (StoredCapture.Segment stored : StoredCapture.of(directory).segments()) {
      if (stored.number() == next) {
        try {
          source = SegmentSource.open(stored.file());
        } catch (NoSuchFileException ignored) {
          // Just removed: the next call continues after it.
          return false;
        }
        missedSegments += segment < 0 ? 0 : next - segment - 1;
        segment = next;
        String name = stored.file().getFileName().toString();
        walk = new SegmentWalk(source, window, name, manifest, next);
        return true;
      }
    }
    return false;
  }

  /** Returns the lowest number after the current segment; -1 if none exists yet. */
  private int nextSegment() throws IOException {
    return StoredCapture.of(directory).segments().stream()
        .mapToInt(StoredCapture.Segment::number)
        .filter(number -> number > segment)
        .min()
        .orElse(-1);
  }

  private void closeSegment() throws IOException {
    source.close();
    source = null;
    walk = null;
  }

  @Override
  public void close() throws IOException {
    if (source != null) {
      closeSegment();
    }
  }
}
