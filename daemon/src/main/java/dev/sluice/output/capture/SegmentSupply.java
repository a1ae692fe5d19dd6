package dev.sluice.output.capture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Files for new segments: those that retention took out of a capture are kept for a while and
 * written over, since a file system hands out fresh blocks and pages at half the speed. Any thread.
 */
final class SegmentSupply {
  private final CaptureFiles files;
  private final Path folder;
  private final int maxSpares;
  // Guarded by this.
  private final Deque<Path> spares = new ArrayDeque<>();
  private int lastSpare;

  /**
   * @param folder where spares wait; on the same file system as the captures
   */
  SegmentSupply(CaptureFiles files, Path folder, int maxSpares) {
    this.files = files;
    this.folder = folder;
    this.maxSpares = maxSpares;
  }

  /** A file under this name to write a segment into. */
  CaptureFiles.SegmentFile open(Path file) throws IOException {
    Path spare = takeSpare();
    if (spare != null) {
      try {
        files.move(spare, file);
        return files.reopen(file);
      } catch (IOException ignored) {
        // Somebody tidied up, or the file system refuses: a new file will say so if it matters.
        files.delete(file);
      }
    }
    return files.create(file);
  }

  private synchronized Path takeSpare() {
    return spares.poll();
  }

  /** Takes the file of a removed segment: keeps it as a spare, or deletes it. */
  void retire(Path file) throws IOException {
    Path spare = null;
    synchronized (this) {
      if (spares.size() < maxSpares && !files.isShared(file)) {
        lastSpare++;
        spare = folder.resolve(lastSpare + ".spare");
      }
    }
    if (spare == null) {
      files.delete(file);
      return;
    }
    files.createDirectories(folder);
    files.move(file, spare);
    synchronized (this) {
      spares.add(spare);
    }
  }

  /** Deletes the spares: the disk is needed for something else. */
  void clear() throws IOException {
    for (Path spare = takeSpare(); spare != null; spare = takeSpare()) {
      files.delete(spare);
    }
  }
}
