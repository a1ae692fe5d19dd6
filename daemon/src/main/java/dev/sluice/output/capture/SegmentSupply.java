package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Supplies files for new segments. Reuses files that retention removed from a capture, since a disk
 * overwrites them more than twice as fast as it grows a new one. Any thread.
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

  /** Folder of the spares, on the same file system as the captures. */
  static Path folder(CaptureSettings settings) {
    return settings.directory().resolve(FOLDER);
  }

  /** Takes effect with the next file. */
  void apply(CaptureSettings next) {
    settings = next;
  }

  /** Write mode of the files. */
  DirectIo direct() {
    return direct;
  }

  /** Opens a file under this name for a new segment. */
  CaptureFiles.SegmentFile open(Path file) throws IOException {
    Path spare = takeSpare();
    if (spare != null) {
      try {
        files.move(spare, file);
        return direct.reopen(files, file);
      } catch (IOException ignored) {
        // The spare is gone, or the file system refuses it: creating a file fails too if it
        // matters.
        files.delete(file);
      }
    }
    return direct.create(files, file);
  }

  private synchronized Path takeSpare() {
    return spares.pollLast();
  }

  /** Returns a path for one more spare; null if there are enough. */
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

  /** Deletes the spares to free space on the disk. */
  void clear() throws IOException {
    for (Path spare = takeSpare(); spare != null; spare = takeSpare()) {
      files.delete(spare);
    }
  }
}
