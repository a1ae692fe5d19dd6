package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Files for new segments: those that retention took out of a capture are written over, which a disk
 * does at more than twice the speed of a file that grows. Any thread.
 */
final class SegmentSupply {
  private static final String FOLDER = ".spare";

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final DirectIo direct;
  private final Path folder;
  // Guarded by this.
  private final Deque<Path> spares = new ArrayDeque<>();
  private int lastSpare;

  SegmentSupply(CaptureSettings settings, CaptureFiles files) {
    this.settings = settings;
    this.files = files;
    this.direct = new DirectIo(settings.directIo());
    this.folder = folder(settings);
  }

  /** Where spares wait: on the same file system as the captures. */
  static Path folder(CaptureSettings settings) {
    return settings.directory().resolve(FOLDER);
  }

  /** From the next file on. */
  void apply(CaptureSettings next) {
    settings = next;
  }

  /** How the files are written. */
  DirectIo direct() {
    return direct;
  }

  /** A file under this name to write a segment into. */
  CaptureFiles.SegmentFile open(Path file) throws IOException {
    Path spare = takeSpare();
    if (spare != null) {
      try {
        files.move(spare, file);
        return direct.reopen(files, file);
      } catch (IOException ignored) {
        // Someone removed it, or the file system refuses: a new file will say so if it matters.
        files.delete(file);
      }
    }
    return direct.create(files, file);
  }

  private synchronized Path takeSpare() {
    return spares.pollLast();
  }

  /** A name for one more spare, null if there are enough. */
  private synchronized Path nextSpare() {
    return spares.size() < settings.spares() ? folder.resolve(++lastSpare + ".spare") : null;
  }

  private synchronized void add(Path spare) {
    spares.addLast(spare);
  }

  /** Takes the file of a removed segment: keeps it as a spare, or deletes it. */
  void retire(Path file) throws IOException {
    Path spare = files.isShared(file) ? null : nextSpare();
    if (spare == null) {
      files.delete(file);
      return;
    }
    files.createDirectories(folder);
    files.move(file, spare);
    add(spare);
  }

  /** Deletes the spares: the disk is needed for something else. */
  void clear() throws IOException {
    for (Path spare = takeSpare(); spare != null; spare = takeSpare()) {
      files.delete(spare);
    }
  }
}
