package dev.sluice.output.capture;

import dev.sluice.config.CaptureSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;

/**
 * Files for new segments: spares that are written over, since a file system hands out fresh blocks
 * and pages at a fraction of the speed. They are those that retention took out of a capture; what
 * is missing is made while nothing else is to be written. Any thread.
 */
final class SegmentSupply {
  private static final String FOLDER = ".spare";
  private static final int BLOCK_BYTES = 1 << 20;

  private volatile CaptureSettings settings;
  private final CaptureFiles files;
  private final Path folder;
  // Guarded by this.
  private final Deque<Path> spares = new ArrayDeque<>();
  private int lastSpare;

  SegmentSupply(CaptureSettings settings, CaptureFiles files) {
    this.settings = settings;
    this.files = files;
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

  /** The one that came last: it is the likeliest to be in memory. */
  private synchronized Path takeSpare() {
    return spares.pollLast();
  }

  /** A name for one more spare, null if there are enough. */
  private synchronized Path nextSpare() {
    return isMissing() ? folder.resolve(++lastSpare + ".spare") : null;
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

  /**
   * Makes the spares that are missing, as long as the file system has room for them beside the free
   * space that it is to keep.
   *
   * @param isWanted asked before each MiB, whether to go on
   */
  void prepare(BooleanSupplier isWanted) throws IOException {
    while (isMissing()) {
      files.createDirectories(folder);
      if (!isRoomy()) {
        return;
      }
      Path spare = nextSpare();
      if (spare == null || !make(spare, isWanted)) {
        return;
      }
      add(spare);
    }
  }

  private synchronized boolean isMissing() {
    return spares.size() < settings.spares();
  }

  private boolean isRoomy() throws IOException {
    return files.usableBytes(folder) - settings.segmentBytes()
        > settings.retention().freeSpaceFloor();
  }

  private boolean make(Path spare, BooleanSupplier isWanted) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(BLOCK_BYTES);
    try (CaptureFiles.SegmentFile file = files.create(spare)) {
      long bytes = settings.segmentBytes();
      for (long at = 0; at < bytes; at += BLOCK_BYTES) {
        if (!isWanted.getAsBoolean()) {
          files.delete(spare);
          return false;
        }
        file.write(zeros.clear().limit((int) Math.min(BLOCK_BYTES, bytes - at)), at);
      }
      return true;
    } catch (IOException e) {
      discard(spare);
      throw e;
    }
  }

  private void discard(Path spare) {
    try {
      files.delete(spare);
    } catch (IOException ignored) {
      // The failure that led here is the one to tell. Whoever starts next deletes what is left.
    }
  }

  /** Deletes the spares that are too many since the settings changed. */
  void trim() throws IOException {
    for (Path spare = takeSurplus(); spare != null; spare = takeSurplus()) {
      files.delete(spare);
    }
  }

  private synchronized Path takeSurplus() {
    return spares.size() > settings.spares() ? spares.poll() : null;
  }

  /** Deletes the spares: the disk is needed for something else. */
  void clear() throws IOException {
    for (Path spare = takeSpare(); spare != null; spare = takeSpare()) {
      files.delete(spare);
    }
  }
}
